// SPDX-License-Identifier: GPL-2.0-only
/*
 * Atomics change exactly one word: also the first and the last one of every
 * page, phyr and region. (libibverbs lets no unaligned one pass.)
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
#define LONGEST_REGION (8ul << 20)

static struct pair pair;
static uint64_t *result;
static struct ibv_mr *result_mr;

static const struct layout_part base[] = {
	{ "base", 20, 0, TOUCH_WRITE },
};
static const struct layout_part thp[] = {
	{ "thp", 2, 0, TOUCH_WRITE },
};
static const struct layout_part hugetlb_2m[] = {
	{ "hugetlb-2M", 2, 0, TOUCH_WRITE },
};
static const struct layout_part hugetlb_1g[] = {
	{ "hugetlb-1G", 1, 0, TOUCH_WRITE },
};
static const struct layout_part tmpfs_private[] = {
	{ "tmpfs-private", 20, 5, TOUCH_READ },
};
static const struct layout_part mixture[] = {
	{ "memfd", 4, 3, TOUCH_WRITE },
	{ "hugetlb-2M", 1, 0, TOUCH_WRITE },
	{ "base", 4, 0, TOUCH_NOT },
	{ "memfd", 3, 0, TOUCH_WRITE },
};

static struct memory {
	const char *name;
	const struct layout_part *parts;
	size_t nr;
	size_t before;
} memories[] = {
	{ "base", base, 1, 0 },
	{ "thp", thp, 1, 0 },
	{ "hugetlb-2M", hugetlb_2m, 1, 0 },
	{ "hugetlb-1G", hugetlb_1g, 1, 0 },
	{ "tmpfs-private", tmpfs_private, 1, 0 },
	{ "mixture", mixture, 4, 4 * PAGE },
};

#define NR_MEMORIES (sizeof(memories) / sizeof(memories[0]))

/**
 * struct region - a memory region under test
 * @start: first byte
 * @end: byte after the last
 * @to_iova: what to add to an address for the remote side
 */
struct region {
	char *start;
	char *end;
	uint64_t to_iova;
	struct ibv_mr *mr;
};

static uint64_t atomic(const struct region *region, enum ibv_wr_opcode opcode,
		       uint64_t *word, uint64_t add, uint64_t swap)
{
	struct pair_range range = { (uintptr_t)result, 8, result_mr->lkey };
	enum ibv_wc_status status;

	*result = ~0ull;
	status = pair_atomic(&pair, opcode, range,
			     (uintptr_t)word + region->to_iova,
			     region->mr->rkey, add, swap);
	if (status != IBV_WC_SUCCESS)
		fail_msg("atomic at +%#tx: %s", (char *)word - region->start,
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

static void check_region(const struct layout *layout, char *start, size_t len,
			 uint64_t iova)
{
	struct region region = {
		.start = start,
		.end = start + len,
		.to_iova = iova - (uintptr_t)start,
	};

	region.mr =
		ibv_reg_mr_iova(pair.device->pd, start, len, iova, ALL_ACCESS);
	assert_non_null(region.mr);
	check_edge(&region, start);
	check_edge(&region, region.end);
	for (char *page = start + PAGE; page < start + 20 * PAGE; page += PAGE)
		check_edge(&region, page - (uintptr_t)page % PAGE);
	for (unsigned int i = 1; i < layout->nr; i++)
		check_edge(&region, (char *)layout->segments[i].start);
	check_edge(&region, (char *)layout->segments[0].start +
				    layout->segments[0].kind->granule);
	assert_int_equal(ibv_dereg_mr(region.mr), 0);
	assert_null(pattern_mismatch(start, len, MEMORY));
}

static void test_memory(void **state)
{
	const struct memory *memory = *state;
	struct layout layout;
	char *start;
	size_t len;

	layout_case_build(&layout, memory->parts, memory->nr, memory->before);
	start = (char *)layout.start;
	len = layout.end - layout.start;
	if (len > LONGEST_REGION)
		len = LONGEST_REGION;
	pattern_fill(start, len, MEMORY);
	check_region(&layout, start, len, (uintptr_t)start);
	check_region(&layout, start + 16, len - 40, (uintptr_t)start + 16);
	check_region(&layout, start + 3, len - 10, 5 * PAGE + 3);
	layout_clear(&layout);
}

static int group_setup(void **state)
{
	(void)state;
	result = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (result == MAP_FAILED || layout_prepare())
		return -1;
	result_mr = ibv_reg_mr(pair.device->pd, result, PAGE, ALL_ACCESS);
	return result_mr ? 0 : -1;
}

static int group_teardown(void **state)
{
	(void)state;
	ibv_dereg_mr(result_mr);
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
	return _cmocka_run_group_tests("rdma_atomic", tests, NR_MEMORIES,
				       group_setup, group_teardown);
}
