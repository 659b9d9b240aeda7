// SPDX-License-Identifier: GPL-2.0-only
/*
 * Not one byte outside of a memory region: which completion status it gives,
 * and that nothing was moved. Other regions lie right before and behind.
 */
#include <stdbool.h>
#include <stdint.h>

#include "layout_case.h"
#include "pair_program.h"
#include "pattern.h"

#define PAGE 4096ul
#define BUFFER 2

static struct layout layout;

/* A region with whole pages of the same memory before and behind it. */
static struct ibv_mr *region;
static char *start;
static char *end;

enum {
	BUFFER_LEN = 1 << 20
};

#define BASE                                       \
	{                                          \
		{                                  \
			"base", 40, 0, TOUCH_WRITE \
		}                                  \
	}
#define THP                                      \
	{                                        \
		{                                \
			"thp", 2, 0, TOUCH_WRITE \
		}                                \
	}
#define MIXTURE                                              \
	{                                                    \
		{ "memfd", 8, 0, TOUCH_WRITE },              \
			{ "hugetlb-2M", 1, 0, TOUCH_WRITE }, \
			{ "base", 8, 0, TOUCH_WRITE },       \
	}

static const struct bounds {
	struct memory memory;
	size_t margin; /* where the region starts, and where it ends */
} bounds[] = {
	{ { "base, whole pages", 0, BASE }, 2 * PAGE },
	{ { "base, odd", 0, BASE }, 2 * PAGE + 123 },
	{ { "base, up to a hole", 0, BASE }, 0 },
	{ { "thp, odd", 0, THP }, PAGE + 1 },
	{ { "thp, words", 0, THP }, 3 * PAGE - 8 },
	{ { "mixture, odd", 8 * PAGE, MIXTURE }, PAGE - 1 },
	{ { "mixture, whole", 8 * PAGE, MIXTURE }, 0 },
};

static void assert_untouched(void)
{
	assert_null(pattern_mismatch((void *)layout.start,
				     layout.end - layout.start, MEMORY));
	assert_null(pattern_mismatch(buffer, BUFFER_LEN, BUFFER));
}

static void assert_refused(const char *what, bool refused, char *at, size_t len)
{
	if (!refused)
		fail("%s %zu bytes at start%+td, end%+td was not refused", what,
		     len, at - start, at + len - end);
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
	for (size_t i = 0; i < ARRAY_SIZE(outsides); i++) {
		const struct outside *outside = &outsides[i];
		char *at =
			(outside->at_end ? end : start) + outside->from_start;
		uint64_t remote = (uintptr_t)at + to_iova;
		struct pair_range local = buffer_range(buffer, outside->len);

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
	for (size_t i = 0; i < ARRAY_SIZE(outsides); i++) {
		const struct outside *outside = &outsides[i];
		char *at =
			(outside->at_end ? end : start) + outside->from_start;
		struct pair_range bad = { (uintptr_t)at, outside->len,
					  region->lkey };
		struct pair_range good = buffer_range(buffer, outside->len);

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
	struct pair_range result = buffer_range(buffer, 8);
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
	struct pair_range local = buffer_range(buffer, 1);

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

static void test_bounds(void)
{
	const size_t margin = ((const struct bounds *)test_element())->margin;
	struct ibv_mr *before, *behind;

	memory_build(test_element(), &layout);
	start = (char *)layout.start + margin;
	end = (char *)layout.end - margin;
	pattern_fill((void *)layout.start, layout.end - layout.start, MEMORY);

	before = ibv_reg_mr(pair.device->pd, (void *)layout.start, margin ?: 1,
			    ALL_ACCESS);
	region = ibv_reg_mr(pair.device->pd, start, end - start, ALL_ACCESS);
	behind = ibv_reg_mr(pair.device->pd, end - !margin, margin ?: 1,
			    ALL_ACCESS);
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

static void setup(void)
{
	layout_case_prepare();
	pattern_fill(buffer, BUFFER_LEN, BUFFER);
}

static const struct test_case tests[] = {
	TEST_EACH(test_bounds, bounds),
};

PAIR_PROGRAM(.buffer_len = BUFFER_LEN, .setup = setup)
