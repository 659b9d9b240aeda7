/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_MR_H
#define PHYR_MR_H

#include <stddef.h>
#include <stdint.h>
#include <infiniband/verbs.h>

#include <phyr/error.h>

#define PHYR_MR_ACCESS                                      \
	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | \
	 IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC)

/**
 * phyr_mr_register() - register memory with PHYR_MR_ACCESS
 * @pd: protection domain
 * @addr: first byte
 * @len: bytes
 * @mr: the memory region; ibv_dereg_mr() or phyr_mr_deregister() ends it
 * @ns: time that ibv_reg_mr() took, or NULL
 * @error: filled on failure, or NULL
 *
 * Return: 0, or the negative errno of ibv_reg_mr().
 */
int phyr_mr_register(struct ibv_pd *pd, void *addr, size_t len,
		     struct ibv_mr **mr, uint64_t *ns,
		     struct phyr_error *error);

/**
 * phyr_mr_register_read_only() - register memory that devices only read
 *
 * Otherwise as phyr_mr_register().
 */
int phyr_mr_register_read_only(struct ibv_pd *pd, void *addr, size_t len,
			       struct ibv_mr **mr, uint64_t *ns,
			       struct phyr_error *error);

/**
 * phyr_mr_deregister() - end a registration
 * @mr: the memory region
 * @ns: time that ibv_dereg_mr() took, or NULL
 * @error: filled on failure, or NULL
 *
 * Return: 0, or the negative errno of ibv_dereg_mr(); @mr is then still there.
 */
int phyr_mr_deregister(struct ibv_mr *mr, uint64_t *ns,
		       struct phyr_error *error);

#endif
