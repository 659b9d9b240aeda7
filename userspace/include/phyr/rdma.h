/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_RDMA_H
#define PHYR_RDMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <infiniband/verbs.h>

#include <phyr/device.h>
#include <phyr/error.h>

/**
 * enum phyr_rdma_wait - how a completion is awaited
 * @PHYR_RDMA_POLL: the thread spins on the completion queue
 * @PHYR_RDMA_EVENT: the thread sleeps until the completion event: with a
 *	single CPU a spinning thread would only keep a software device off it
 */
enum phyr_rdma_wait {
	PHYR_RDMA_POLL,
	PHYR_RDMA_EVENT,
};

struct rdma_cm;

/**
 * struct phyr_rdma - two RC queue pairs of one device, connected to each other
 * @device: borrowed
 * @wait: PHYR_RDMA_EVENT if one CPU is online, else PHYR_RDMA_POLL
 * @channel: completion channel of @cq
 * @cq: completion queue of both queue pairs
 * @qp: [0] is the requester of phyr_rdma_execute(), [1] the responder; it
 *	allows remote writes, reads and atomics
 * @cm: for iWARP, what connects @qp, else NULL
 */
struct phyr_rdma {
	const struct phyr_device *device;
	enum phyr_rdma_wait wait;
	struct ibv_comp_channel *channel;
	struct ibv_cq *cq;
	struct ibv_qp *qp[2];
	struct rdma_cm *cm;
};

/**
 * phyr_rdma_is_iwarp() - whether a device speaks iWARP
 * @device: an open device
 *
 * There a write completes when it is on its way, whether the peer takes it or
 * not, and the memory that a read fills must allow remote writes.
 */
bool phyr_rdma_is_iwarp(const struct phyr_device *device);

#define PHYR_RDMA_MAX_WR 64
#define PHYR_RDMA_MAX_SGE 4

/**
 * phyr_rdma_create() - connect a device with itself
 * @device: an open device that outlives the connection
 * @rdma: the connection
 * @error: filled on failure, or NULL
 *
 * iWARP devices are connected through librdmacm, over an IPv4 address of their
 * network interface, all others directly.
 *
 * Return: 0, -EADDRNOTAVAIL for a RoCE port without a RoCE v2 GID or an iWARP
 * device without an address, or what libibverbs or librdmacm failed with.
 */
int phyr_rdma_create(const struct phyr_device *device, struct phyr_rdma **rdma,
		     struct phyr_error *error);
void phyr_rdma_destroy(struct phyr_rdma *rdma);

/**
 * phyr_rdma_execute() - post work requests on qp[0] and await the last
 * @rdma: connection without work under way
 * @wr: a list of at most PHYR_RDMA_MAX_WR requests; this function sets
 *	IBV_SEND_SIGNALED in the last and clears it in the others
 * @status: how the work ended, IBV_WC_SUCCESS or the first failure; after a
 *	failure the connection can only be destroyed
 * @error: filled on failure, or NULL
 *
 * Return: 0 if the work completed (see @status), else -errno.
 */
int phyr_rdma_execute(struct phyr_rdma *rdma, struct ibv_send_wr *wr,
		      enum ibv_wc_status *status, struct phyr_error *error);

/**
 * phyr_rdma_write() - write local memory to remote memory, timed
 * @rdma: connection without work under way
 * @local: source region, written from its start
 * @remote: destination region, written to its start
 * @len: bytes; they go in messages of the port's max_msg_sz, of which
 *	PHYR_RDMA_MAX_WR are under way at a time
 * @ns: time from posting to the completion of the last message, summed over
 *	the posts, or NULL
 * @error: filled on failure, or NULL
 *
 * Return: 0, -EIO for a failed completion, else -errno.
 */
int phyr_rdma_write(struct phyr_rdma *rdma, const struct ibv_mr *local,
		    const struct ibv_mr *remote, size_t len, uint64_t *ns,
		    struct phyr_error *error);

#endif
