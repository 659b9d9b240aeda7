/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_DMABUF_MR_H
#define PHYR_DMABUF_MR_H

#include <stddef.h>
#include <stdint.h>
#include <infiniband/verbs.h>

#include <phyr/error.h>

/**
 * struct phyr_dmabuf_mr - a memory region over a DMA-buf
 * @context: of the device; borrowed
 * @mr: what ibv_reg_dmabuf_mr() returned, or NULL
 * @handle: the kernel's number of the region, if @mr is NULL
 * @lkey: for local requests
 * @rkey: for remote peers
 *
 * ibv_reg_dmabuf_mr() asks the device's provider in rdma-core, and those of rxe
 * and siw do not know it: then this asks the kernel.
 */
struct phyr_dmabuf_mr {
	struct ibv_context *context;
	struct ibv_mr *mr;
	uint32_t handle;
	uint32_t lkey;
	uint32_t rkey;
};

/**
 * phyr_dmabuf_mr_register() - register a range of a DMA-buf
 * @pd: protection domain
 * @fd: the DMA-buf; may be closed afterwards
 * @offset: first byte
 * @len: bytes
 * @iova: address of the first byte in requests; as @offset within a page
 * @access: enum ibv_access_flags: local write, remote write, read and atomic
 * @mr: filled on success
 * @ns: time that the call took, or NULL
 * @error: filled on failure, or NULL
 *
 * Return: 0; -EOPNOTSUPP if the device does not know DMA-bufs or the memory does
 * not do what @access asks for, -ENODEV if the exporter has revoked it, or what
 * else the kernel says.
 */
int phyr_dmabuf_mr_register(struct ibv_pd *pd, int fd, uint64_t offset,
			    size_t len, uint64_t iova, unsigned int access,
			    struct phyr_dmabuf_mr *mr, uint64_t *ns,
			    struct phyr_error *error);

/**
 * phyr_dmabuf_mr_deregister() - end a registration
 * @mr: the region
 * @ns: time that the call took, or NULL
 * @error: filled on failure, or NULL
 *
 * Return: 0, or a negative errno; @mr is then still there.
 */
int phyr_dmabuf_mr_deregister(struct phyr_dmabuf_mr *mr, uint64_t *ns,
			      struct phyr_error *error);

#endif
