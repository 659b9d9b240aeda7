// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "harness.h"
#include "pair.h"

static void connect_ends(struct pair *pair)
{
	struct phyr_error error;

	if (phyr_rdma_create(pair->device, &pair->rdma, &error))
		fail("%s", error.message);
}

void pair_open(struct pair *pair)
{
	memset(pair, 0, sizeof(*pair));
	pair->device = rdma_device_open();
	connect_ends(pair);
	pair->word_mr = ibv_reg_mr(pair->device->pd, &pair->word,
				   sizeof(pair->word), ALL_ACCESS);
	assert_non_null(pair->word_mr);
}

void pair_close(struct pair *pair)
{
	ibv_dereg_mr(pair->word_mr);
	phyr_rdma_destroy(pair->rdma);
	phyr_device_close(pair->device);
}

void pair_reconnect(struct pair *pair)
{
	phyr_rdma_destroy(pair->rdma);
	pair->rdma = NULL;
	connect_ends(pair);
}

/* Uneven pieces, the last one gets what is left. */
static int split(struct pair_range range, int sges, struct ibv_sge *sge)
{
	int nr = 0;

	while (range.len && nr < sges) {
		size_t len = nr < sges - 1 ? range.len / 3 + 1 : range.len;

		sge[nr++] = (struct ibv_sge){
			.addr = range.addr,
			.length = len,
			.lkey = range.key,
		};
		range.addr += len;
		range.len -= len;
	}
	return nr;
}

/* A read is answered when the write before it has been placed. */
static enum ibv_wc_status await_placement(struct pair *pair)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)&pair->word,
		.length = sizeof(pair->word),
		.lkey = pair->word_mr->lkey,
	};
	struct ibv_send_wr wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IBV_WR_RDMA_READ,
		.wr.rdma = { sge.addr, pair->word_mr->rkey },
	};

	return pair_execute(pair, &wr);
}

static enum ibv_wc_status execute_once(struct pair *pair,
				       struct ibv_send_wr *wr)
{
	enum ibv_wc_status status;
	struct phyr_error error;

	if (phyr_rdma_execute(pair->rdma, wr, &status, &error))
		fail("%s", error.message);
	return status;
}

enum ibv_wc_status pair_execute(struct pair *pair, struct ibv_send_wr *wr)
{
	enum ibv_wc_status status = execute_once(pair, wr);

	if (status == IBV_WC_SUCCESS && wr->opcode == IBV_WR_RDMA_WRITE &&
	    phyr_rdma_is_iwarp(pair->device))
		return await_placement(pair);
	if (status != IBV_WC_SUCCESS)
		pair_reconnect(pair);
	return status;
}

enum ibv_wc_status pair_transfer(struct pair *pair, enum ibv_wr_opcode opcode,
				 struct pair_range local, uint64_t remote,
				 uint32_t rkey, int sges)
{
	int max = opcode == IBV_WR_RDMA_READ ? pair->device->attr.max_sge_rd
					     : PAIR_SGES;
	struct ibv_sge sge[PAIR_SGES];
	struct ibv_send_wr wr = {
		.sg_list = sge,
		.num_sge = split(local, sges < max ? sges : max, sge),
		.opcode = opcode,
		.wr.rdma = { .remote_addr = remote, .rkey = rkey },
	};

	return pair_execute(pair, &wr);
}

/* Within 10 s. */
static bool connection_ends(struct pair *pair)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;

	for (int tries = 0; tries < 1000; tries++) {
		assert_int_equal(ibv_query_qp(pair->rdma->qp[0], &attr,
					      IBV_QP_STATE, &init),
				 0);
		if (attr.qp_state != IBV_QPS_RTS)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

bool pair_refuses(struct pair *pair, enum ibv_wr_opcode opcode,
		  struct pair_range local, uint64_t remote, uint32_t rkey)
{
	bool iwarp = phyr_rdma_is_iwarp(pair->device);
	struct ibv_sge sge[PAIR_SGES];
	struct ibv_send_wr wr = {
		.sg_list = sge,
		.num_sge = split(local, 1, sge),
		.opcode = opcode,
		.wr.rdma = { .remote_addr = remote, .rkey = rkey },
	};
	enum ibv_wc_status status = execute_once(pair, &wr);
	bool refused = status == IBV_WC_REM_ACCESS_ERR;

	if (iwarp)
		refused = (opcode == IBV_WR_RDMA_WRITE ||
			   status != IBV_WC_SUCCESS) &&
			  connection_ends(pair);
	pair_reconnect(pair);
	return refused;
}

enum ibv_wc_status pair_await(struct pair *pair)
{
	struct ibv_wc wc;
	int nr;

	do {
		nr = ibv_poll_cq(pair->rdma->cq, 1, &wc);
	} while (!nr);
	assert_int_equal(nr, 1);
	return wc.status;
}

enum ibv_wc_status pair_send_lists(struct pair *pair, struct ibv_send_wr *wr,
				   struct ibv_recv_wr *receive)
{
	struct ibv_recv_wr *bad;
	enum ibv_wc_status status;

	assert_int_equal(ibv_post_recv(pair->rdma->qp[1], receive, &bad), 0);
	status = pair_execute(pair, wr);
	if (status != IBV_WC_SUCCESS)
		return status;
	/* Both ends complete to one queue: the first one has been seen. */
	status = pair_await(pair);
	if (status != IBV_WC_SUCCESS)
		pair_reconnect(pair);
	return status;
}

enum ibv_wc_status pair_send(struct pair *pair, struct pair_range from,
			     struct pair_range to, int sges)
{
	struct ibv_sge from_sge[PAIR_SGES], to_sge[PAIR_SGES];
	struct ibv_send_wr wr = {
		.sg_list = from_sge,
		.num_sge = split(from, sges, from_sge),
		.opcode = IBV_WR_SEND,
	};
	struct ibv_recv_wr receive = {
		.sg_list = to_sge,
		.num_sge = split(to, sges, to_sge),
	};

	return pair_send_lists(pair, &wr, &receive);
}

enum ibv_wc_status pair_atomic(struct pair *pair, enum ibv_wr_opcode opcode,
			       struct pair_range result, uint64_t remote,
			       uint32_t rkey, uint64_t add, uint64_t swap)
{
	struct ibv_sge sge[PAIR_SGES];
	struct ibv_send_wr wr = {
		.sg_list = sge,
		.num_sge = split(result, 1, sge),
		.opcode = opcode,
		.wr.atomic = {
			.remote_addr = remote,
			.rkey = rkey,
			.compare_add = add,
			.swap = swap,
		},
	};

	return pair_execute(pair, &wr);
}
