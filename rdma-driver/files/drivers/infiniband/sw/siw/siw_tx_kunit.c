// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of sending from fast registration MRs. A socket that is none takes what
 * is sent, all at once or in small pieces. They need no device.
 */
#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/net.h>
#include <linux/sizes.h>
#include <linux/tcp.h>
#include <linux/uio.h>

#include "siw.h"
#include "siw_verbs.h"
#include "siw_mem.h"

#define NR_MEM		2
#define NR_PAGES	4
#define MEM_LEN		(NR_PAGES * PAGE_SIZE)
#define MSS		1460
#define WIRE_LEN	(2 * MEM_LEN)	/* of a whole list, with its headers */
#define MAX_CALLS	SZ_32K		/* that send one list */
#define KEY		0x100

struct siw_tx_kunit {
	struct siw_device	sdev;
	struct ib_pd		pd;
	struct siw_qp		qp;
	struct siw_sqe		sendq[1];
	struct siw_mem		mem[NR_MEM];
	u8			*page[NR_MEM][NR_PAGES];
	struct socket		sock;
	struct tcp_sock		tp;
	size_t			most;	/* bytes that are taken at a time */
	size_t			sent;
	u8			*wire;
};

static int take(struct socket *sock, struct msghdr *msg, size_t len)
{
	struct siw_tx_kunit *kit = container_of(sock, struct siw_tx_kunit, sock);
	size_t bytes = min3(len, kit->most, WIRE_LEN - kit->sent);

	/* Nobody sends more than the wire has room for, unless it is broken. */
	if (len && !bytes)
		return -EPIPE;
	if (!copy_from_iter_full(kit->wire + kit->sent, bytes, &msg->msg_iter))
		return -EFAULT;
	kit->sent += bytes;
	return bytes;
}

static const struct proto_ops siw_tx_ops = { .sendmsg = take };

/* Byte @pos of a page list: its pages are not in order. */
static u8 *byte_at(struct siw_tx_kunit *kit, int mem, size_t pos)
{
	return kit->page[mem][pos / PAGE_SIZE] + pos % PAGE_SIZE;
}

static void make_mem(struct kunit *test, int nr)
{
	struct siw_tx_kunit *kit = test->priv;
	struct siw_mem *mem = &kit->mem[nr];
	int i;

	mem->pbl = siw_pbl_alloc(NR_PAGES);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, mem->pbl);
	/* A page between any two keeps them apart. */
	for (i = 0; i < NR_PAGES; i++) {
		int at = (i * 3 + 1) % NR_PAGES * 2;

		kit->page[nr][i] = kit->wire + WIRE_LEN +
				   (nr * 2 * NR_PAGES + at) * PAGE_SIZE;
		mem->pbl->pbe[i] = (struct siw_pble){
			.addr = (uintptr_t)kit->page[nr][i],
			.size = PAGE_SIZE,
			.pbl_off = i * PAGE_SIZE,
		};
	}
	mem->pbl->num_buf = NR_PAGES;
	mem->is_pbl = 1;
	mem->sdev = &kit->sdev;
	mem->pd = &kit->pd;
	mem->stag = (nr + 1) * KEY;
	mem->stag_valid = 1;
	mem->len = MEM_LEN;
	kref_init(&mem->ref);
	KUNIT_ASSERT_EQ(test, 0, xa_err(xa_store(&kit->sdev.mem_xa,
						 mem->stag / KEY, mem,
						 GFP_KERNEL)));
}

struct piece {
	int	mem;
	size_t	start;
	u32	len;
};

/* The payload on the wire is what the pieces have. */
static void expect_payload(struct kunit *test, const struct piece *pieces)
{
	struct siw_tx_kunit *kit = test->priv;
	const u8 *wire = kit->wire;
	size_t pos = 0;

	while (wire < kit->wire + kit->sent) {
		const struct iwarp_rdma_write *write = (const void *)wire;
		size_t len = be16_to_cpu(write->ctrl.mpa_len) + MPA_HDR_SIZE -
			     sizeof(*write);
		size_t i;

		KUNIT_ASSERT_LE(test, len, MSS);
		for (i = 0; i < len; i++) {
			while (pos == pieces->len) {
				pieces++;
				pos = 0;
			}
			KUNIT_ASSERT_EQ(test, wire[sizeof(*write) + i],
					*byte_at(kit, pieces->mem,
						 pieces->start + pos));
			pos++;
		}
		wire += sizeof(*write) + ALIGN(len, 4) + MPA_CRC_SIZE;
	}
	KUNIT_EXPECT_PTR_EQ(test, wire, kit->wire + kit->sent);
	KUNIT_EXPECT_EQ(test, pos, pieces->len);
}

static void expect_sent(struct kunit *test, const struct piece *pieces, int nr)
{
	struct siw_tx_kunit *kit = test->priv;
	struct siw_wqe *wqe = tx_wqe(&kit->qp);
	int i;

	memset(wqe, 0, sizeof(*wqe));
	wqe->wr_status = SIW_WR_QUEUED;
	wqe->sqe.opcode = SIW_OP_WRITE;
	wqe->sqe.num_sge = nr;
	for (i = 0; i < nr; i++)
		wqe->sqe.sge[i] = (struct siw_sge){
			.laddr = pieces[i].start,
			.length = pieces[i].len,
			.lkey = kit->mem[pieces[i].mem].stag,
		};
	kit->sent = 0;
	/* As the thread does that finds space again. */
	for (i = 0; i < 2 * MAX_CALLS && wqe->wr_status != SIW_WR_IDLE; i++) {
		kit->qp.tx_ctx.burst = INT_MAX;
		KUNIT_ASSERT_EQ(test, 0, siw_qp_sq_process(&kit->qp));
	}
	KUNIT_ASSERT_EQ(test, wqe->wr_status, SIW_WR_IDLE);
	KUNIT_ASSERT_FALSE(test, kit->qp.tx_ctx.tx_suspend);
	expect_payload(test, pieces);
}

static const struct piece lists[][3] = {
	/* the second one is earlier in another list */
	{ { 0, 2 * PAGE_SIZE, PAGE_SIZE }, { 1, 0, PAGE_SIZE } },
	{ { 0, 3 * PAGE_SIZE, 100 }, { 1, 100, 700 }, { 0, 0, 5000 } },
	/* earlier in the same one */
	{ { 1, 3 * PAGE_SIZE + 8, 1001 }, { 1, 1, 999 } },
	{ { 0, 100, 2 * PAGE_SIZE }, { 0, 100, 2 * PAGE_SIZE }, { 1, 0, 3 } },
	/* and the easy ones */
	{ { 0, 0, MEM_LEN } },
	{ { 1, 4095, 2 } },
	{ { 0, 0, PAGE_SIZE }, { 0, PAGE_SIZE, PAGE_SIZE } },
};

static void expect_all_sent(struct kunit *test, size_t most)
{
	struct siw_tx_kunit *kit = test->priv;
	int i, nr;

	kit->most = most;
	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		size_t len = 0;

		for (nr = 0; nr < 3 && lists[i][nr].len; nr++)
			len += lists[i][nr].len;
		/* Pages of 64 KiB byte by byte take too long. */
		if (len / most < MAX_CALLS)
			expect_sent(test, lists[i], nr);
	}
}

static void siw_tx_lists(struct kunit *test)
{
	expect_all_sent(test, SIZE_MAX);
}

/* The socket has no space for more, wherever in the FPDU that is. */
static void siw_tx_lists_in_pieces(struct kunit *test)
{
	static const size_t most[] = { 1, 7, 16, 20, 1000, 1479, 1480, 4096 };
	int i;

	for (i = 0; i < ARRAY_SIZE(most); i++)
		expect_all_sent(test, most[i]);
}

static int siw_tx_kunit_init(struct kunit *test)
{
	struct siw_tx_kunit *kit;
	size_t len = WIRE_LEN + NR_MEM * 2 * NR_PAGES * PAGE_SIZE, i;

	kit = kunit_kzalloc(test, sizeof(*kit), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, kit);
	test->priv = kit;
	kit->wire = (u8 *)__get_free_pages(GFP_KERNEL, get_order(len));
	KUNIT_ASSERT_NOT_NULL(test, kit->wire);
	for (i = 0; i < len; i++)
		kit->wire[i] = i * 7 + i / 251;

	kit->pd.device = &kit->sdev.base_dev;
	xa_init(&kit->sdev.mem_xa);
	for (i = 0; i < NR_MEM; i++)
		make_mem(test, i);

	kit->sock.ops = &siw_tx_ops;
	kit->sock.sk = (struct sock *)&kit->tp;
	kit->tp.mss_cache = MSS;
	kit->qp.sdev = &kit->sdev;
	kit->qp.pd = &kit->pd;
	kit->qp.attrs.sk = &kit->sock;
	kit->qp.attrs.state = SIW_QP_STATE_RTS;
	kit->qp.attrs.sq_size = ARRAY_SIZE(kit->sendq);
	kit->qp.sendq = kit->sendq;
	kit->qp.tx_ctx.gso_seg_limit = 1;
	init_rwsem(&kit->qp.state_lock);
	spin_lock_init(&kit->qp.sq_lock);
	spin_lock_init(&kit->qp.orq_lock);
	return 0;
}

static void siw_tx_kunit_exit(struct kunit *test)
{
	struct siw_tx_kunit *kit = test->priv;
	int i;

	if (!kit)
		return;
	xa_destroy(&kit->sdev.mem_xa);
	for (i = 0; i < NR_MEM; i++)
		kfree(kit->mem[i].pbl);
	free_pages((unsigned long)kit->wire,
		   get_order(WIRE_LEN + NR_MEM * 2 * NR_PAGES * PAGE_SIZE));
}

static struct kunit_case siw_tx_cases[] = {
	KUNIT_CASE(siw_tx_lists),
	KUNIT_CASE(siw_tx_lists_in_pieces),
	{}
};

static struct kunit_suite siw_tx_suite = {
	.name = "phyr_siw_tx",
	.init = siw_tx_kunit_init,
	.exit = siw_tx_kunit_exit,
	.test_cases = siw_tx_cases,
};

kunit_test_suite(siw_tx_suite);
