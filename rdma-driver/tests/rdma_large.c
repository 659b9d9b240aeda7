// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions that are too large for an array with an entry per page, or for 32
 * bits: 1 GiB + 4 KiB to 5 GiB, on giant pages; and one with very many phyrs.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <phyr/backing.h>
#include <phyr/size.h>

#include "dice.h"
#include "pair.h"
#include "pattern.h"
#include "pins_case.h"

#define PAGE 4096ul
#define MEMORY 1
#define BUFFER 2
#define MOST (64 * PHYR_KIB)

static struct pair pair;
static struct phyr_backing *buffer;
static struct ibv_mr *buffer_mr;

/* Write, check, read back into another place, check. */
static void check_place(const struct ibv_mr *mr, char *at, size_t len)
{
	char *from = buffer->addr;
	char *back = from + MOST + PAGE + 1;
	struct pair_range local = { (uintptr_t)from, len, buffer_mr->lkey };

	pattern_fill(from, len, BUFFER + len);
	memset(back, 0, len);
	assert_int_equal(pair_transfer(&pair, IBV_WR_RDMA_WRITE, local,
				       (uintptr_t)at, mr->rkey, 1),
			 IBV_WC_SUCCESS);
	if (memcmp(at, from, len))
		fail_msg("write of %zu bytes at +%#tx", len,
			 at - (char *)mr->addr);
	local.addr = (uintptr_t)back;
	assert_int_equal(pair_transfer(&pair, IBV_WR_RDMA_READ, local,
				       (uintptr_t)at, mr->rkey, 1),
			 IBV_WC_SUCCESS);
	if (memcmp(back, from, len))
		fail_msg("read of %zu bytes at +%#tx", len,
			 at - (char *)mr->addr);
}

static void check_line(const struct ibv_mr *mr, char *line)
{
	static const int shifts[] = { -5000, -4096, -8, -1, 0, 1, 7, 4095 };
	static const size_t lengths[] = { 1, 8, 9, 4097, 12345 };
	char *start = mr->addr;
	char *end = start + mr->length;

	for (size_t i = 0; i < sizeof(shifts) / sizeof(shifts[0]); i++)
		for (size_t j = 0; j < sizeof(lengths) / sizeof(lengths[0]);
		     j++) {
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
	struct pair_range local = { (uintptr_t)buffer->addr, 1,
				    buffer_mr->lkey };
	uint64_t start = (uintptr_t)mr->addr;

	assert_true(pair_refuses(&pair, IBV_WR_RDMA_WRITE, local,
				 start + mr->length, mr->rkey));
	assert_true(pair_refuses(&pair, IBV_WR_RDMA_WRITE, local,
				 start - 1, mr->rkey));
}

static void check_region(char *start, size_t len)
{
	struct ibv_mr *mr = ibv_reg_mr(pair.device->pd, start, len, ALL_ACCESS);
	char *end = start + len;

	if (!mr)
		fail_msg("registering %#zx bytes: %s", len, strerror(errno));
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

	if (phyr_backing_create(kind, len, &backing, &error)) {
		print_message("# SKIP %s\n", error.message);
		skip();
	}
	return backing;
}

static void test_giant_pages(void **state)
{
	struct phyr_backing *backing =
		backing_of(PHYR_BACKING_HUGETLB_1G, 5 * PHYR_GIB);
	char *start = backing->addr;

	(void)state;
	check_region(start, PHYR_GIB + PAGE);
	check_region(start + PAGE, PHYR_GIB);
	check_region(start + 77, PHYR_GIB + 1);
	check_region(start, 4 * PHYR_GIB);
	check_region(start + 77, 5 * PHYR_GIB - 200);
	phyr_backing_destroy(backing);
}

static void test_scattered_pages(void **state)
{
	struct phyr_backing *backing =
		backing_of(PHYR_BACKING_BASE, 48 * PHYR_MIB);
	struct dice dice = dice_with_seed(48);
	char *start = (char *)backing->addr + 5;
	size_t len = backing->len - 10;
	struct ibv_mr *mr;

	(void)state;
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

static int group_setup(void **state)
{
	(void)state;
	if (phyr_backing_create(PHYR_BACKING_BASE, 4 * MOST, &buffer, NULL))
		return -1;
	buffer_mr =
		ibv_reg_mr(pair.device->pd, buffer->addr, 4 * MOST, ALL_ACCESS);
	return buffer_mr ? 0 : -1;
}

static int group_teardown(void **state)
{
	(void)state;
	ibv_dereg_mr(buffer_mr);
	phyr_backing_destroy(buffer);
	pair_close(&pair);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		pins_case(test_giant_pages),
		pins_case(test_scattered_pages),
	};
	struct phyr_error error;

	if (pair_open(&pair, &error)) {
		printf("1..0 # SKIP %s\n", error.message);
		return 77;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("rdma_large", tests, group_setup,
					   group_teardown);
}
