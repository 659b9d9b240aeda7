/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAIR_H
#define PAIR_H

#include <stdbool.h>

#include <phyr/rdma.h>

#include "rdma_device.h"

#define PAIR_SGES 3

/**
 * struct pair - a device connected with itself, for tests
 *
 * A transfer has been placed when it completes, on iWARP too.
 *
 * What cannot fail in a working system fails the test that is running. After a
 * work request that failed, the next one finds a new connection.
 */
struct pair {
	struct phyr_device *device;
	struct phyr_rdma *rdma;
	uint64_t word; /* what iWARP reads behind each write */
	struct ibv_mr *word_mr;
};

/* For a set-up: without a device there is nothing to test. */
void pair_open(struct pair *pair);
void pair_close(struct pair *pair);
void pair_reconnect(struct pair *pair);

/* Memory of one end. */
struct pair_range {
	uint64_t addr;
	size_t len;
	uint32_t key;
};

/* The next completion of either end. */
enum ibv_wc_status pair_await(struct pair *pair);
/* One request, or a list of which an error is the first one's. */
enum ibv_wc_status pair_execute(struct pair *pair, struct ibv_send_wr *wr);
/* IBV_WR_RDMA_WRITE or _READ; the local range as @sges pieces. */
enum ibv_wc_status pair_transfer(struct pair *pair, enum ibv_wr_opcode opcode,
				 struct pair_range local, uint64_t remote,
				 uint32_t rkey, int sges);
/*
 * Whether the remote end refuses the transfer. That of an iWARP write completes
 * nevertheless; what tells is that the connection ends.
 */
bool pair_refuses(struct pair *pair, enum ibv_wr_opcode opcode,
		  struct pair_range local, uint64_t remote, uint32_t rkey);
/* @wr sends to the buffers of @receive. */
enum ibv_wc_status pair_send_lists(struct pair *pair, struct ibv_send_wr *wr,
				   struct ibv_recv_wr *receive);
/* Both ends as @sges pieces. */
enum ibv_wc_status pair_send(struct pair *pair, struct pair_range from,
			     struct pair_range to, int sges);
/* IBV_WR_ATOMIC_FETCH_AND_ADD of @add, or _CMP_AND_SWP of @add for @swap. */
enum ibv_wc_status pair_atomic(struct pair *pair, enum ibv_wr_opcode opcode,
			       struct pair_range result, uint64_t remote,
			       uint32_t rkey, uint64_t add, uint64_t swap);

#endif
