// SPDX-License-Identifier: GPL-2.0-only
/*
 * Not one byte outside of a memory region: which completion status it gives,
 * and that nothing was moved. Other regions lie right before and behind.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "layout_case.h"
#include "pair.h"
#include "pattern.h"
#include "pins_case.h"

#define PAGE 4096ul
#define MEMORY 1
#define BUFFER 2

static struct pair pair;
static struct layout layout;
static char *buffer;
static struct ibv_mr *buffer_mr;

/* A region with whole pages of the same memory before and behind it. */
static struct ibv_mr *region;
static char *start;
static char *end;

enum {
	BUFFER_LEN = 1 << 20
};

static const struct layout_part base[] = {
	{ "base", 40, 0, TOUCH_WRITE },
};
static const struct layout_part thp[] = {
	{ "thp", 2, 0, TOUCH_WRITE },
};
static const struct layout_part mixture[] = {
	{ "memfd", 8, 0, TOUCH_WRITE },
	{ "hugetlb-2M", 1, 0, TOUCH_WRITE },
	{ "base", 8, 0, TOUCH_WRITE },
};

static struct memory {
	const char *name;
	const struct layout_part *parts;
	size_t nr;
	size_t before;
	size_t margin; /* where the region starts, and where it ends */
} memories[] = {
	{ "base, whole pages", base, 1, 0, 2 * PAGE },
	{ "base, odd", base, 1, 0, 2 * PAGE + 123 },
	{ "base, up to a hole", base, 1, 0, 0 },
	{ "thp, odd", thp, 1, 0, PAGE + 1 },
	{ "thp, words", thp, 1, 0, 3 * PAGE - 8 },
	{ "mixture, odd", mixture, 3, 8 * PAGE, PAGE - 1 },
	{ "mixture, whole", mixture, 3, 8 * PAGE, 0 },
};

#define NR_MEMORIES (sizeof(memories) / sizeof(memories[0]))

static void assert_untouched(void)
{
	assert_null(pattern_mismatch((void *)layout.start,
				     layout.end - layout.start, MEMORY));
	assert_null(pattern_mismatch(buffer, BUFFER_LEN, BUFFER));
}

static void assert_refused(const char *what, bool refused, char *at, size_t len)
{
	if (!refused)
		fail_msg("%s %zu bytes at start%+td, end%+td was not refused",
			 what, len, at - start, at + len - end);
	assert_untouched();
}

static const struct outside {
	ptrdiff_t from_start; /* or from the end if @at_end */
	bool at_end;
	size_t len;
} outsides[] = {
	{ -1, false, 1 },	{ -1, false, 2 },     { -8, false, 8 },
	{ -4096, false, 8192 }, { 0, true, 1 },	      { -1, true, 2 },
	{ -7, true, 8 },	{ -8, true, 9 },      { -4096, true, 4097 },
	{ -9000, true, 9001 },	{ 1 << 20, true, 1 },
};

static void check_remote(uint64_t to_iova)
{
	for (size_t i = 0; i < sizeof(outsides) / sizeof(outsides[0]); i++) {
		const struct outside *outside = &outsides[i];
		char *at =
			(outside->at_end ? end : start) + outside->from_start;
		uint64_t remote = (uintptr_t)at + to_iova;
		struct pair_range local = { (uintptr_t)buffer, outside->len,
					    buffer_mr->lkey };

		assert_refused("write",
			       pair_refuses(&pair, IBV_WR_RDMA_WRITE, local,
					    remote, region->rkey),
			       at, outside->len);
		assert_refused("read",
			       pair_refuses(&pair, IBV_WR_RDMA_READ, local,
					    remote, region->rkey),
			       at, outside->len);
	}
}

/*
 * rxe flushes a request whose local range is bad, so there is no status of its
 * own to expect. Packets before the one that leaves the region have been sent.
 */
static void check_local(void)
{
	for (size_t i = 0; i < sizeof(outsides) / sizeof(outsides[0]); i++) {
		const struct outside *outside = &outsides[i];
		char *at =
			(outside->at_end ? end : start) + outside->from_start;
		struct pair_range bad = { (uintptr_t)at, outside->len,
					  region->lkey };
		struct pair_range good = { (uintptr_t)buffer, outside->len,
					   buffer_mr->lkey };

		assert_int_not_equal(pair_transfer(&pair, IBV_WR_RDMA_WRITE,
						   bad, good.addr,
						   buffer_mr->rkey, 1),
				     IBV_WC_SUCCESS);
		assert_int_not_equal(pair_transfer(&pair, IBV_WR_RDMA_READ, bad,
						   good.addr, buffer_mr->rkey,
						   1),
				     IBV_WC_SUCCESS);
		assert_int_not_equal(pair_send(&pair, bad, good, 1),
				     IBV_WC_SUCCESS);
		assert_int_not_equal(pair_send(&pair, good, bad, 1),
				     IBV_WC_SUCCESS);
		assert_null(pattern_mismatch((void *)layout.start,
					     start - (char *)layout.start,
					     MEMORY));
		assert_null(pattern_mismatch(end, (char *)layout.end - end,
					     MEMORY));
		pattern_fill(start, end - start, MEMORY);
		pattern_fill(buffer, BUFFER_LEN, BUFFER);
	}
}

static void check_atomics(uint64_t to_iova)
{
	static const ptrdiff_t beyond[] = { 0, 8, 4096 };
	char *first_word = (char *)(((uintptr_t)start + 7) & -8ul);
	struct pair_range result = { (uintptr_t)buffer, 8, buffer_mr->lkey };
	enum ibv_wc_status status;

	for (int i = 0; i < 6; i++) {
		char *at =
			i < 3 ? first_word - 8 - beyond[i]
			      : (char *)((uintptr_t)end & -8ul) + beyond[i - 3];
		uint64_t remote = (uintptr_t)at + to_iova;

		status = pair_atomic(&pair, IBV_WR_ATOMIC_FETCH_AND_ADD, result,
				     remote, region->rkey, 1, 0);
		assert_refused("add", status == IBV_WC_REM_ACCESS_ERR, at, 8);
		status = pair_atomic(&pair, IBV_WR_ATOMIC_CMP_AND_SWP, result,
				     remote, region->rkey, 0, 1);
		assert_refused("swap", status == IBV_WC_REM_ACCESS_ERR, at, 8);
	}
}

static void check_whole(uint64_t to_iova)
{
	struct pair_range local = { (uintptr_t)buffer, 1, buffer_mr->lkey };

	/* The first and the last byte are allowed: the tests above can fail. */
	assert_int_equal(pair_transfer(&pair, IBV_WR_RDMA_READ, local,
				       (uintptr_t)start + to_iova, region->rkey,
				       1),
			 IBV_WC_SUCCESS);
	assert_memory_equal(buffer, start, 1);
	assert_int_equal(pair_transfer(&pair, IBV_WR_RDMA_READ, local,
				       (uintptr_t)end - 1 + to_iova,
				       region->rkey, 1),
			 IBV_WC_SUCCESS);
	assert_memory_equal(buffer, end - 1, 1);
	pattern_fill(buffer, 1, BUFFER);
}

static void test_memory(void **state)
{
	const struct memory *memory = *state;
	struct ibv_mr *before, *behind;

	layout_case_build(&layout, memory->parts, memory->nr, memory->before);
	start = (char *)layout.start + memory->margin;
	end = (char *)layout.end - memory->margin;
	pattern_fill((void *)layout.start, layout.end - layout.start, MEMORY);

	before = ibv_reg_mr(pair.device->pd, (void *)layout.start,
			    memory->margin ?: 1, ALL_ACCESS);
	region = ibv_reg_mr(pair.device->pd, start, end - start, ALL_ACCESS);
	behind = ibv_reg_mr(pair.device->pd, end - !memory->margin,
			    memory->margin ?: 1, ALL_ACCESS);
	assert_true(before && region && behind);
	check_whole(0);
	check_remote(0);
	check_local();
	if (!phyr_rdma_is_iwarp(pair.device))
		check_atomics(0);
	assert_int_equal(ibv_dereg_mr(region), 0);

	/* The same with addresses of its own, from 0 on and at the end. */
	for (int i = 0; i < 2 && !phyr_rdma_is_iwarp(pair.device); i++) {
		uint64_t iova =
			(i ? -(4ull << 20) : 0) + (uintptr_t)start % PAGE;

		region = ibv_reg_mr_iova(pair.device->pd, start, end - start,
					 iova, ALL_ACCESS);
		assert_non_null(region);
		check_whole(iova - (uintptr_t)start);
		check_remote(iova - (uintptr_t)start);
		assert_int_equal(ibv_dereg_mr(region), 0);
	}
	assert_int_equal(ibv_dereg_mr(behind), 0);
	assert_int_equal(ibv_dereg_mr(before), 0);
	layout_clear(&layout);
}

static int group_setup(void **state)
{
	(void)state;
	buffer = mmap(NULL, BUFFER_LEN, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buffer == MAP_FAILED || layout_prepare())
		return -1;
	pattern_fill(buffer, BUFFER_LEN, BUFFER);
	buffer_mr = ibv_reg_mr(pair.device->pd, buffer, BUFFER_LEN, ALL_ACCESS);
	return buffer_mr ? 0 : -1;
}

static int group_teardown(void **state)
{
	(void)state;
	ibv_dereg_mr(buffer_mr);
	pair_close(&pair);
	return 0;
}

int main(void)
{
	struct CMUnitTest tests[NR_MEMORIES];
	struct phyr_error error;

	if (pair_open(&pair, &error)) {
		printf("1..0 # SKIP %s\n", error.message);
		return 77;
	}
	for (size_t i = 0; i < NR_MEMORIES; i++)
		tests[i] = (struct CMUnitTest){ memories[i].name, test_memory,
						pins_case_setup,
						pins_case_teardown,
						&memories[i] };
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return _cmocka_run_group_tests("rdma_bounds", tests, NR_MEMORIES,
				       group_setup, group_teardown);
}
