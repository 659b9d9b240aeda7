// SPDX-License-Identifier: GPL-2.0-only
/*
 * SGEs of no bytes, at every place of a list, with and without a valid lkey and
 * address: the others move their bytes, and no region is kept.
 */
#include <stdint.h>
#include <string.h>

#include "area.h"
#include "pair_program.h"
#include "pattern.h"

#define PART (80ul << 10) /* bytes of memory for each SGE */
#define MEMORY_LEN (PAIR_SGES * PART)
#define BUFFER 2
#define GUARD 64 /* bytes behind a transfer that must not change */

/* Within the packet's header, below and above a page, more than one packet. */
static const size_t lengths[] = { 7, 100, 4000, 70000 };

enum empty_lkey {
	OWN,
	OTHER,
	NONE,
	UNKNOWN,
	EMPTY_LKEYS,
};

#define MASKS (1 << PAIR_SGES)
#define VARIANTS (MASKS * EMPTY_LKEYS * 2 * ARRAY_SIZE(lengths))

/* All SGEs with bytes are in it. */
static struct area area;

/* Returns the bytes that the SGEs have in all. */
static size_t make_list(size_t variant, struct ibv_sge *sge)
{
	const uint32_t lkeys[] = { area.mr->lkey, buffer_mr->lkey, 0, ~0u };
	const size_t mask = variant % MASKS;
	const uint32_t lkey = lkeys[variant / MASKS % EMPTY_LKEYS];
	const bool null = variant / MASKS / EMPTY_LKEYS % 2;
	size_t length = variant / MASKS / EMPTY_LKEYS / 2;
	size_t len = 0;

	for (size_t i = 0; i < PAIR_SGES; i++) {
		/* An odd address, which is in the middle of a page. */
		const uintptr_t addr =
			(uintptr_t)area.start + i * PART + 1000 + i;

		if (mask >> i & 1)
			sge[i] = (struct ibv_sge){
				.addr = addr,
				.length =
					lengths[length++ % ARRAY_SIZE(lengths)],
				.lkey = area.mr->lkey,
			};
		else
			sge[i] = (struct ibv_sge){
				.addr = null ? 0 : addr,
				.lkey = lkey,
			};
		len += sge[i].length;
	}
	return len;
}

static void check(size_t variant, const struct ibv_sge *sge, size_t len,
		  enum ibv_wc_status status)
{
	const char *at = buffer;

	if (status != IBV_WC_SUCCESS)
		fail("variant %zu, %u + %u + %u bytes: %s", variant,
		     sge[0].length, sge[1].length, sge[2].length,
		     ibv_wc_status_str(status));
	for (size_t i = 0; i < PAIR_SGES; i++) {
		if (sge[i].length &&
		    memcmp(at, (void *)(uintptr_t)sge[i].addr, sge[i].length))
			fail("variant %zu, %u + %u + %u bytes: wrong data of %zu",
			     variant, sge[0].length, sge[1].length,
			     sge[2].length, i);
		at += sge[i].length;
	}
	if (pattern_mismatch(buffer + len, GUARD, BUFFER))
		fail("variant %zu: what is behind the buffer changed", variant);
}

static enum ibv_wc_status write_list(struct ibv_sge *sge, size_t len)
{
	struct ibv_send_wr wr = {
		.sg_list = sge,
		.num_sge = PAIR_SGES,
		.opcode = IBV_WR_RDMA_WRITE,
		.wr.rdma = { (uintptr_t)buffer, buffer_mr->rkey },
	};

	(void)len;
	return pair_execute(&pair, &wr);
}

/* siw sends the pages of a request that is not signalled without a copy. */
static enum ibv_wc_status write_unsignalled(struct ibv_sge *sge, size_t len)
{
	struct ibv_sge word = {
		.addr = (uintptr_t)&pair.word,
		.length = sizeof(pair.word),
		.lkey = pair.word_mr->lkey,
	};
	struct ibv_send_wr read = {
		.sg_list = &word,
		.num_sge = 1,
		.opcode = IBV_WR_RDMA_READ,
		.wr.rdma = { word.addr, pair.word_mr->rkey },
	};
	struct ibv_send_wr wr = {
		.next = &read,
		.sg_list = sge,
		.num_sge = PAIR_SGES,
		.opcode = IBV_WR_RDMA_WRITE,
		.wr.rdma = { (uintptr_t)buffer, buffer_mr->rkey },
	};

	(void)len;
	return pair_execute(&pair, &wr);
}

static enum ibv_wc_status read_list(struct ibv_sge *sge, size_t len)
{
	struct ibv_send_wr wr = {
		.sg_list = sge,
		.num_sge = PAIR_SGES,
		.opcode = IBV_WR_RDMA_READ,
		.wr.rdma = { (uintptr_t)buffer, buffer_mr->rkey },
	};

	pattern_fill(buffer, len, BUFFER + 1);
	return pair_execute(&pair, &wr);
}

static enum ibv_wc_status send_list(struct ibv_sge *sge, size_t len)
{
	struct ibv_sge all = { (uintptr_t)buffer, len, buffer_mr->lkey };
	struct ibv_recv_wr receive = { .sg_list = &all, .num_sge = 1 };
	struct ibv_send_wr wr = {
		.sg_list = sge,
		.num_sge = PAIR_SGES,
		.opcode = IBV_WR_SEND,
	};

	return pair_send_lists(&pair, &wr, &receive);
}

static enum ibv_wc_status receive_list(struct ibv_sge *sge, size_t len)
{
	struct ibv_sge all = { (uintptr_t)buffer, len, buffer_mr->lkey };
	struct ibv_recv_wr receive = { .sg_list = sge, .num_sge = PAIR_SGES };
	struct ibv_send_wr wr = {
		.sg_list = &all,
		.num_sge = 1,
		.opcode = IBV_WR_SEND,
	};

	pattern_fill(buffer, len, BUFFER + 1);
	return pair_send_lists(&pair, &wr, &receive);
}

static const struct use {
	const char *name;
	enum ibv_wc_status (*transfer)(struct ibv_sge *sge, size_t len);
} uses[] = {
	{ "write", write_list },
	{ "write, unsignalled", write_unsignalled },
	{ "read", read_list },
	{ "send", send_list },
	{ "receive", receive_list },
};

/* The harness fails a test after which pages are still pinned. */
static void test_lists(void)
{
	const struct use *use = test_element();

	if (use->transfer == read_list && pair.device->attr.max_sge_rd < 3)
		skip("a read has one SGE");
	area_open(&area, MEMORY_LEN);
	for (size_t variant = 0; variant < VARIANTS; variant++) {
		struct ibv_sge sge[PAIR_SGES];
		size_t len = make_list(variant, sge);

		pattern_fill(buffer + len, GUARD, BUFFER);
		check(variant, sge, len, use->transfer(sge, len));
	}
	area_close(&area);
}

/* iWARP reads into one SGE. */
static void test_read_of_nothing(void)
{
	static const uint32_t lkeys[] = { 0, ~0u };

	for (size_t i = 0; i < ARRAY_SIZE(lkeys); i++) {
		struct ibv_sge sge = { .lkey = lkeys[i] };
		struct ibv_send_wr wr = {
			.sg_list = &sge,
			.num_sge = 1,
			.opcode = IBV_WR_RDMA_READ,
			.wr.rdma = { 0, lkeys[i] },
		};

		assert_int_equal(pair_execute(&pair, &wr), IBV_WC_SUCCESS);
	}
}

static const struct test_case tests[] = {
	TEST_EACH(test_lists, uses),
	TEST(test_read_of_nothing),
};

PAIR_PROGRAM(.buffer_len = MEMORY_LEN + GUARD)
