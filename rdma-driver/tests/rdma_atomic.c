// SPDX-License-Identifier: GPL-2.0-only
/*
 * Atomics change exactly one word: also the first and the last one of every
 * page, phyr and region. (libibverbs lets no unaligned one pass.)
 */
#include <stdint.h>
#include <sys/mman.h>

#include "layout_case.h"
#include "pair_program.h"
#include "pattern.h"

#define PAGE 4096ul

static const struct memory memories[] = {
	{ "base", 0, { { "base", 20, 0, TOUCH_WRITE } } },
	{ "thp", 0, { { "thp", 2, 0, TOUCH_WRITE } } },
	{ "hugetlb-2M", 0, { { "hugetlb-2M", 2, 0, TOUCH_WRITE } } },
	{ "hugetlb-1G", 0, { { "hugetlb-1G", 1, 0, TOUCH_WRITE } } },
	{ "tmpfs-private", 0, { { "tmpfs-private", 20, 5, TOUCH_READ } } },
	{ "mixture",
	  4 * PAGE,
	  { { "memfd", 4, 3, TOUCH_WRITE },
	    { "hugetlb-2M", 1, 0, TOUCH_WRITE },
	    { "base", 4, 0, TOUCH_NOT },
	    { "memfd", 3, 0, TOUCH_WRITE } } },
};

static uint64_t atomic(const struct region *region, enum ibv_wr_opcode opcode,
		       uint64_t *word, uint64_t add, uint64_t swap)
{
	uint64_t *result = (uint64_t *)buffer;
	enum ibv_wc_status status;

	*result = ~0ull;
	status = pair_atomic(&pair, opcode, buffer_range(result, 8),
			     (uintptr_t)word + region->to_iova,
			     region->mr->rkey, add, swap);
	if (status != IBV_WC_SUCCESS)
		fail("atomic at +%#tx: %s", (char *)word - region->start,
		     ibv_wc_status_str(status));
	return *result;
}

static void check_around(const struct region *region, uint64_t *word)
{
	char *before = (char *)word - 64;
	char *after = (char *)(word + 1) + 64;

	if (before < region->start)
		before = region->start;
	if (after > region->end)
		after = region->end;
	assert_null(pattern_mismatch(before, (char *)word - before, MEMORY));
	assert_null(
		pattern_mismatch(word + 1, after - (char *)(word + 1), MEMORY));
}

static void check_word(const struct region *region, uint64_t *word)
{
	if ((char *)word < region->start || (char *)(word + 1) > region->end)
		return;

	*word = 0xfffffffffffffffd;
	assert_int_equal(atomic(region, IBV_WR_ATOMIC_FETCH_AND_ADD, word, 7,
				0),
			 0xfffffffffffffffd);
	assert_int_equal(*word, 4);
	assert_int_equal(atomic(region, IBV_WR_ATOMIC_CMP_AND_SWP, word, 5, 6),
			 4);
	assert_int_equal(*word, 4);
	assert_int_equal(atomic(region, IBV_WR_ATOMIC_CMP_AND_SWP, word, 4,
				0x0123456789abcdef),
			 4);
	assert_int_equal(*word, 0x0123456789abcdef);
	check_around(region, word);
	pattern_fill(word, 8, MEMORY);
}

static void check_edge(const struct region *region, char *edge)
{
	uint64_t *word = (uint64_t *)((uintptr_t)edge & -8ul);

	for (int i = -2; i <= 2; i++)
		check_word(region, word + i);
}

static void check_region(const struct region *region,
			 const struct layout *layout)
{
	char *first = region->start;

	check_edge(region, first);
	check_edge(region, region->end);
	for (char *page = first + PAGE; page < first + 20 * PAGE; page += PAGE)
		check_edge(region, page - (uintptr_t)page % PAGE);
	for (unsigned int i = 1; i < layout->nr; i++)
		check_edge(region, (char *)layout->segments[i].start);
	check_edge(region, (char *)layout->segments[0].start +
				   layout->segments[0].kind->granule);
}

static void test_memory(void)
{
	memory_check_regions(0, check_region);
}

static void test_on_demand(void)
{
	memory_check_regions(IBV_ACCESS_ON_DEMAND, check_region);
}

static const struct test_case tests[] = {
	TEST_EACH(test_memory, memories),
	TEST_EACH(test_on_demand, memories),
};

PAIR_PROGRAM(.buffer_len = PAGE, .setup = layout_case_prepare)
