// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions that are too large for an array with an entry per page, or for 32
 * bits: 1 GiB + 4 KiB to 5 GiB, on giant pages; and one with very many phyrs.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <phyr/backing.h>
#include <phyr/size.h>

#include "dice.h"
#include "pair_program.h"
#include "pattern.h"

#define PAGE 4096ul
#define BUFFER 2
#define MOST (64 * PHYR_KIB)

/* Write, check, read back into another place, check. */
static void check_place(const struct ibv_mr *mr, char *at, size_t len)
{
	char *from = buffer;
	char *back = from + MOST + PAGE + 1;
	struct pair_range local = buffer_range(from, len);

	pattern_fill(from, len, BUFFER + len);
	memset(back, 0, len);
	assert_int_equal(pair_transfer(&pair, IBV_WR_RDMA_WRITE, local,
				       (uintptr_t)at, mr->rkey, 1),
			 IBV_WC_SUCCESS);
	if (memcmp(at, from, len))
		fail("write of %zu bytes at +%#tx", len, at - (char *)mr->addr);
	local.addr = (uintptr_t)back;
	assert_int_equal(pair_transfer(&pair, IBV_WR_RDMA_READ, local,
				       (uintptr_t)at, mr->rkey, 1),
			 IBV_WC_SUCCESS);
	if (memcmp(back, from, len))
		fail("read of %zu bytes at +%#tx", len, at - (char *)mr->addr);
}

static void check_line(const struct ibv_mr *mr, char *line)
{
	static const int shifts[] = { -5000, -4096, -8, -1, 0, 1, 7, 4095 };
	static const size_t lengths[] = { 1, 8, 9, 4097, 12345 };
	char *start = mr->addr;
	char *end = start + mr->length;

	for (size_t i = 0; i < ARRAY_SIZE(shifts); i++)
		for (size_t j = 0; j < ARRAY_SIZE(lengths); j++) {
			char *at = line + shifts[i];

			if (at + lengths[j] > end)
				at = end - lengths[j];
			if (at < start)
				at = start;
			check_place(mr, at, lengths[j]);
		}
}

static void check_beyond(const struct ibv_mr *mr)
{
	struct pair_range local = buffer_range(buffer, 1);
	uint64_t start = (uintptr_t)mr->addr;

	assert_true(pair_refuses(&pair, IBV_WR_RDMA_WRITE, local,
				 start + mr->length, mr->rkey));
	assert_true(pair_refuses(&pair, IBV_WR_RDMA_WRITE, local, start - 1,
				 mr->rkey));
}

static void check_region(char *start, size_t len)
{
	struct ibv_mr *mr = ibv_reg_mr(pair.device->pd, start, len, ALL_ACCESS);
	char *end = start + len;

	if (!mr)
		fail("registering %#zx bytes: %s", len, strerror(errno));
	for (char *line = start; line < end;
	     line += PHYR_GIB - (uintptr_t)line % PHYR_GIB)
		check_line(mr, line);
	check_line(mr, start + 2 * PHYR_MIB);
	check_line(mr, end - PAGE);
	check_line(mr, end);
	check_beyond(mr);
	assert_int_equal(ibv_dereg_mr(mr), 0);
}

static struct phyr_backing *backing_of(enum phyr_backing_kind kind, size_t len)
{
	struct phyr_backing *backing;
	struct phyr_error error;

	if (phyr_backing_create(kind, len, &backing, &error))
		skip("%s", error.message);
	return backing;
}

static void test_giant_pages(void)
{
	struct phyr_backing *backing =
		backing_of(PHYR_BACKING_HUGETLB_1G, 5 * PHYR_GIB);
	char *start = backing->addr;

	check_region(start, PHYR_GIB + PAGE);
	check_region(start + PAGE, PHYR_GIB);
	check_region(start + 77, PHYR_GIB + 1);
	check_region(start, 4 * PHYR_GIB);
	check_region(start + 77, 5 * PHYR_GIB - 200);
	phyr_backing_destroy(backing);
}

static void test_scattered_pages(void)
{
	struct phyr_backing *backing =
		backing_of(PHYR_BACKING_BASE, 48 * PHYR_MIB);
	struct dice dice = dice_with_seed(48);
	char *start = (char *)backing->addr + 5;
	size_t len = backing->len - 10;
	struct ibv_mr *mr;

	pattern_fill(start, len, MEMORY);
	mr = ibv_reg_mr(pair.device->pd, start, len, ALL_ACCESS);
	assert_non_null(mr);
	for (int i = 0; i < 300; i++) {
		size_t part = 1 + dice_roll(&dice, MOST);
		char *at = start + dice_roll(&dice, len - part + 1);

		check_place(mr, at, part);
		pattern_fill(at, part, MEMORY);
	}
	assert_null(pattern_mismatch(start, len, MEMORY));
	assert_int_equal(ibv_dereg_mr(mr), 0);
	phyr_backing_destroy(backing);
}

/* Lists whose lengths add up to 100 in 32 bits. */
static void test_long_lists(void)
{
	const size_t len = 2 * PHYR_GIB + 50, sent = 200;
	struct phyr_backing *backing;
	struct ibv_mr *mr;

	/* Those of others sum up in userspace. */
	if (!phyr_rdma_is_iwarp(pair.device))
		skip("for the driver that sums up itself");
	backing = backing_of(PHYR_BACKING_HUGETLB_1G, 3 * PHYR_GIB);
	mr = ibv_reg_mr(pair.device->pd, backing->addr, len, ALL_ACCESS);
	assert_non_null(mr);

	struct ibv_sge half = { (uintptr_t)mr->addr, len, mr->lkey };
	struct ibv_sge lists[] = { half, half };
	struct ibv_sge part = { (uintptr_t)buffer, sent, buffer_mr->lkey };
	struct ibv_recv_wr receive = { .sg_list = lists, .num_sge = 2 };
	struct ibv_send_wr send = {
		.sg_list = &part,
		.num_sge = 1,
		.opcode = IBV_WR_SEND,
	};
	struct ibv_send_wr write = {
		.sg_list = lists,
		.num_sge = 2,
		.opcode = IBV_WR_RDMA_WRITE,
		.wr.rdma = { (uintptr_t)buffer, buffer_mr->rkey },
	};

	pattern_fill(buffer, sent, BUFFER);
	assert_int_not_equal(pair_execute(&pair, &write), IBV_WC_SUCCESS);
	assert_null(pattern_mismatch(buffer, sent, BUFFER));
	assert_int_equal(pair_send_lists(&pair, &send, &receive),
			 IBV_WC_SUCCESS);
	assert_memory_equal(mr->addr, buffer, sent);
	assert_int_equal(ibv_dereg_mr(mr), 0);
	phyr_backing_destroy(backing);
}

static const struct test_case tests[] = {
	TEST(test_giant_pages),
	TEST(test_long_lists),
	TEST(test_scattered_pages),
};

PAIR_PROGRAM(.buffer_len = 4 * MOST)
