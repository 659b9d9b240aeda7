// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pair.h"

int pair_open(struct pair *pair, struct phyr_error *error)
{
	int status;

	memset(pair, 0, sizeof(*pair));
	status = phyr_device_open(NULL, &pair->device, error);
	if (!status)
		status = phyr_rdma_create(pair->device, &pair->rdma, error);
	return status;
}

void pair_close(struct pair *pair)
{
	phyr_rdma_destroy(pair->rdma);
	phyr_device_close(pair->device);
}

void pair_reconnect(struct pair *pair)
{
	struct phyr_error error;

	phyr_rdma_destroy(pair->rdma);
	pair->rdma = NULL;
	if (phyr_rdma_create(pair->device, &pair->rdma, &error))
		fail_msg("%s", error.message);
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

static enum ibv_wc_status execute(struct pair *pair, struct ibv_send_wr *wr)
{
	enum ibv_wc_status status;
	struct phyr_error error;

	if (phyr_rdma_execute(pair->rdma, wr, &status, &error))
		fail_msg("%s", error.message);
	if (status != IBV_WC_SUCCESS)
		pair_reconnect(pair);
	return status;
}

enum ibv_wc_status pair_transfer(struct pair *pair, enum ibv_wr_opcode opcode,
				 struct pair_range local, uint64_t remote,
				 uint32_t rkey, int sges)
{
	struct ibv_sge sge[PAIR_SGES];
	struct ibv_send_wr wr = {
		.sg_list = sge,
		.num_sge = split(local, sges, sge),
		.opcode = opcode,
		.wr.rdma = { .remote_addr = remote, .rkey = rkey },
	};

	return execute(pair, &wr);
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
	struct ibv_recv_wr *bad;
	enum ibv_wc_status status;
	struct ibv_wc wc;
	int nr;

	assert_int_equal(ibv_post_recv(pair->rdma->qp[1], &receive, &bad), 0);
	status = execute(pair, &wr);
	if (status != IBV_WC_SUCCESS)
		return status;
	/* Both ends complete to one queue: execute() has seen the first. */
	do {
		nr = ibv_poll_cq(pair->rdma->cq, 1, &wc);
	} while (!nr);
	assert_int_equal(nr, 1);
	return wc.status;
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

	return execute(pair, &wr);
}
