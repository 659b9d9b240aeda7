// SPDX-License-Identifier: GPL-2.0-only
/* Atomic writes: eight bytes at once, at the edges of pages, phyrs, regions. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "layout_case.h"
#include "pair_program.h"
#include "pattern.h"

#define PAGE 4096ul

/* [0] writes to [1]; they complete to the queue of the pair. */
static struct ibv_qp *qps[2];

static struct ibv_qp *create_qp(void)
{
	struct ibv_qp_init_attr_ex attr = {
		.qp_type = IBV_QPT_RC,
		.send_cq = pair.rdma->cq,
		.recv_cq = pair.rdma->cq,
		.cap = { .max_send_wr = 4,
			 .max_recv_wr = 4,
			 .max_send_sge = 1,
			 .max_recv_sge = 1,
			 .max_inline_data = 8 },
		.pd = pair.device->pd,
		.comp_mask = IBV_QP_INIT_ATTR_PD |
			     IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
		.send_ops_flags = IBV_QP_EX_WITH_ATOMIC_WRITE,
	};

	return ibv_create_qp_ex(pair.device->context, &attr);
}

/* With the attributes of the pair, which is connected. */
static void connect_qps(void)
{
	static const struct {
		enum ibv_qp_state state;
		int mask;
	} steps[] = {
		{ IBV_QPS_INIT,
		  IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS },
		{ IBV_QPS_RTR, IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN |
				       IBV_QP_RQ_PSN |
				       IBV_QP_MAX_DEST_RD_ATOMIC |
				       IBV_QP_MIN_RNR_TIMER },
		{ IBV_QPS_RTS, IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
				       IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN |
				       IBV_QP_MAX_QP_RD_ATOMIC },
	};
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;

	assert_int_equal(ibv_query_qp(pair.rdma->qp[1], &attr,
				      IBV_QP_STATE | IBV_QP_AV, &init),
			 0);
	attr.qp_access_flags = IBV_ACCESS_REMOTE_WRITE;
	attr.rq_psn = 0;
	attr.sq_psn = 0;
	for (int step = 0; step < 3; step++)
		for (int i = 0; i < 2; i++) {
			attr.qp_state = steps[step].state;
			attr.dest_qp_num = qps[!i]->qp_num;
			assert_int_equal(
				ibv_modify_qp(qps[i], &attr,
					      IBV_QP_STATE | steps[step].mask),
				0);
		}
}

static enum ibv_wc_status atomic_write(uint64_t remote, uint32_t rkey,
				       uint64_t value)
{
	struct ibv_qp_ex *qp = ibv_qp_to_qp_ex(qps[0]);
	struct ibv_wc wc;
	int nr;

	ibv_wr_start(qp);
	qp->wr_flags = IBV_SEND_SIGNALED;
	ibv_wr_atomic_write(qp, rkey, remote, &value);
	assert_int_equal(ibv_wr_complete(qp), 0);
	do {
		nr = ibv_poll_cq(pair.rdma->cq, 1, &wc);
	} while (!nr);
	return wc.status;
}

static void check_word(const struct ibv_mr *mr, uint64_t *word)
{
	const uint64_t value = 0x0123456789abcdef ^ (uintptr_t)word;
	enum ibv_wc_status status;

	status = atomic_write((uintptr_t)word, mr->rkey, value);
	if (status != IBV_WC_SUCCESS)
		fail("at +%#tx: %s", (char *)word - (char *)mr->addr,
		     ibv_wc_status_str(status));
	assert_int_equal(*word, value);
	pattern_fill(word, 8, MEMORY);
}

static const struct layout_part mixture[] = {
	{ "memfd", 4, 3, TOUCH_WRITE },
	{ "thp", 1, 0, TOUCH_WRITE },
	{ "base", 4, 0, TOUCH_NOT },
	{ "memfd", 3, 0, TOUCH_WRITE },
};

static void test_words(void)
{
	struct layout layout;
	struct ibv_mr *mr;
	size_t len;

	layout_case_build(&layout, mixture, 4, 4 * PAGE);
	len = layout.end - layout.start;
	pattern_fill((void *)layout.start, len, MEMORY);
	mr = ibv_reg_mr(pair.device->pd, (void *)layout.start, len, ALL_ACCESS);
	assert_non_null(mr);
	for (uintptr_t page = layout.start; page < layout.end; page += PAGE) {
		check_word(mr, (uint64_t *)page);
		check_word(mr, (uint64_t *)(page + PAGE - 8));
	}
	assert_null(pattern_mismatch((void *)layout.start, len, MEMORY));
	assert_int_equal(ibv_dereg_mr(mr), 0);
	layout_clear(&layout);
}

/* The last test of its connection: a failure ends that. */
static void test_beyond(void)
{
	struct layout layout;
	struct ibv_mr *mr;

	layout_case_build(&layout, mixture + 2, 1, 0);
	pattern_fill((void *)layout.start, 4 * PAGE, MEMORY);
	mr = ibv_reg_mr(pair.device->pd, (void *)layout.start, 2 * PAGE + 4,
			ALL_ACCESS);
	assert_non_null(mr);
	assert_int_equal(atomic_write(layout.start + 2 * PAGE, mr->rkey, 1),
			 IBV_WC_REM_ACCESS_ERR);
	assert_null(pattern_mismatch((void *)layout.start, 4 * PAGE, MEMORY));
	assert_int_equal(ibv_dereg_mr(mr), 0);
	layout_clear(&layout);
}

static void setup(void)
{
	for (int i = 0; i < 2; i++) {
		qps[i] = create_qp();
		if (!qps[i])
			skip("no atomic write: %s", strerror(errno));
	}
	layout_case_prepare();
	connect_qps();
}

static void teardown(void)
{
	ibv_destroy_qp(qps[0]);
	ibv_destroy_qp(qps[1]);
}

static const struct test_case tests[] = {
	TEST(test_words),
	TEST(test_beyond),
};

PAIR_PROGRAM(.setup = setup, .teardown = teardown)
