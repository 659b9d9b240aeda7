// SPDX-License-Identifier: GPL-2.0-only
/*
 * A requester that misses responses repeats its read, or what is left of it. It
 * gets the same bytes, and no others. Only rxe repeats; siw has TCP below it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"
#include "pattern.h"
#include "rdma_device.h"
#include "roce_peer.h"

#define AREA_LEN (16 * 4096ul)
#define WINDOW_AT (2 * 4096ul + 104)
#define WINDOW_LEN (3 * ROCE_MTU)
#define FIRST_PSN 0x100
#define AREA 1

static struct roce_peer peer;
static struct phyr_device *device;
static struct ibv_cq *cq;
static struct ibv_qp *qp;
static struct ibv_mr *mr;
static char *area;

static void setup(void)
{
	roce_peer_open(&peer);
	setenv("PHYR_DEVICE", ROCE_DEVICE, 1);
	device = rdma_device_open();
	area = mmap(NULL, AREA_LEN, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(area, MAP_FAILED);
	pattern_fill(area, AREA_LEN, AREA);
}

static void teardown(void)
{
	phyr_device_close(device);
	roce_peer_close(&peer);
}

static void make_responder(void)
{
	struct ibv_qp_init_attr init = {
		.qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = 4, .max_send_sge = 1 },
		.sq_sig_all = 1,
	};
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT,
		.port_num = 1,
		.qp_access_flags = IBV_ACCESS_REMOTE_READ,
	};

	mr = ibv_reg_mr(device->pd, area, AREA_LEN, ALL_ACCESS);
	assert_non_null(mr);
	cq = ibv_create_cq(device->context, 4, NULL, NULL, 0);
	assert_non_null(cq);
	init.send_cq = cq;
	init.recv_cq = cq;
	qp = ibv_create_qp(device->pd, &init);
	assert_non_null(qp);
	assert_int_equal(ibv_modify_qp(qp, &attr,
				       IBV_QP_STATE | IBV_QP_PORT |
					       IBV_QP_PKEY_INDEX |
					       IBV_QP_ACCESS_FLAGS),
			 0);
	roce_peer_connect(&peer, qp, FIRST_PSN);
}

static void destroy_responder(void)
{
	assert_int_equal(ibv_destroy_qp(qp), 0);
	assert_int_equal(ibv_destroy_cq(cq), 0);
	assert_int_equal(ibv_dereg_mr(mr), 0);
}

/* What a peer is given: the region, or a window of it. */
static const struct way {
	const char *name;
	bool window;
	bool zero_based;
} ways[] = {
	{ "region", false, false },
	{ "window", true, false },
	{ "zero based window", true, true },
};

static struct ibv_mw *bind_window(const struct way *way)
{
	struct ibv_mw *window = ibv_alloc_mw(device->pd, IBV_MW_TYPE_2);
	struct ibv_send_wr wr = { .opcode = IBV_WR_BIND_MW }, *bad;
	struct ibv_wc wc;

	if (!window)
		skip("no memory windows");
	wr.bind_mw.mw = window;
	wr.bind_mw.rkey = ibv_inc_rkey(window->rkey);
	wr.bind_mw.bind_info = (struct ibv_mw_bind_info){
		.mr = mr,
		.addr = (uintptr_t)area + WINDOW_AT,
		.length = WINDOW_LEN,
		.mw_access_flags =
			IBV_ACCESS_REMOTE_READ |
			(way->zero_based ? IBV_ACCESS_ZERO_BASED : 0),
	};
	assert_int_equal(ibv_post_send(qp, &wr, &bad), 0);
	while (!ibv_poll_cq(cq, 1, &wc))
		usleep(1000);
	assert_int_equal(wc.status, IBV_WC_SUCCESS);
	window->rkey = wr.bind_mw.rkey;
	return window;
}

static uint32_t rkey;
static uint64_t base; /* the peer's address of the first byte it may read */

/* @len bytes from @at of the window come, in packets from @psn on. */
static void assert_read(const char *what, uint32_t psn, size_t at, size_t len)
{
	struct roce_response response;

	roce_peer_read(&peer, psn, base + at, rkey, len);
	for (size_t got = 0; got < len; got += response.len) {
		if (!roce_peer_await(&peer, &response))
			fail("%s: no response after %zu of %zu bytes", what,
			     got, len);
		if (response.refused)
			fail("%s: refused", what);
		if (response.psn != psn)
			fail("%s: the packet is %#x, not %#x", what,
			     response.psn, psn);
		assert_in_range(response.len, 1, len - got);
		assert_memory_equal(response.data, area + WINDOW_AT + at + got,
				    response.len);
		psn++;
	}
}

static void test_repeat(void)
{
	const struct way *way = test_element();
	const uint32_t psn = FIRST_PSN;
	struct ibv_mw *window = NULL;

	make_responder();
	if (way->window)
		window = bind_window(way);
	rkey = window ? window->rkey : mr->rkey;
	base = way->zero_based ? 0 : (uintptr_t)area + WINDOW_AT;

	assert_read("the read", psn, 0, WINDOW_LEN);
	assert_read("all again", psn, 0, WINDOW_LEN);
	assert_read("its end", psn + 1, ROCE_MTU, 2 * ROCE_MTU);
	assert_read("less of its end", psn + 2, 2 * ROCE_MTU, ROCE_MTU);
	/*
	 * A request for more than the read is dropped: what comes next is the
	 * answer to the one after it.
	 */
	roce_peer_read(&peer, psn + 2, base + WINDOW_LEN, rkey, ROCE_MTU);
	roce_peer_read(&peer, psn + 1, base + 2 * ROCE_MTU, rkey, 2 * ROCE_MTU);
	roce_peer_read(&peer, psn, base - ROCE_MTU, rkey, ROCE_MTU);
	roce_peer_read(&peer, psn, base, rkey, WINDOW_LEN + 1);
	roce_peer_read(&peer, psn, base - 1, rkey, WINDOW_LEN);
	assert_read("all, late", psn, 0, WINDOW_LEN);

	if (window)
		assert_int_equal(ibv_dealloc_mw(window), 0);
	destroy_responder();
}

static const struct test_case tests[] = {
	TEST_EACH(test_repeat, ways),
};

TEST_MAIN(.setup = setup, .teardown = teardown)
