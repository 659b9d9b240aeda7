// SPDX-License-Identifier: GPL-2.0-only
/*
 * RDMA write, read and send move exactly the bytes they name, into and out of
 * memory regions over every kind of memory, at every edge.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "layout_case.h"
#include "pair_program.h"
#include "pattern.h"

#define PAGE 4096ul
#define GUARD 64 /* bytes before and after a transfer that must not change */
#define LONGEST (64ul << 10)
#define RANDOM_TRANSFERS 150

enum role {
	WRITE_INTO,
	WRITE_FROM,
	READ_INTO,
	READ_FROM,
	SEND_INTO,
	SEND_FROM,
	ROLES,
};

static const char *const role_names[ROLES] = {
	"write into", "write from", "read into",
	"read from",  "send into",  "send from",
};

static enum ibv_wc_status move(const struct region *region, enum role role,
			       char *at, char *other, size_t len, int sges)
{
	struct pair_range here = { (uintptr_t)at, len, region->mr->lkey };
	struct pair_range there = { (uintptr_t)other, len, buffer_mr->lkey };
	uint64_t remote = (uintptr_t)at + region->to_iova;

	/* rxe takes local addresses as iova, too. */
	here.addr = remote;
	switch (role) {
	case WRITE_INTO:
		return pair_transfer(&pair, IBV_WR_RDMA_WRITE, there, remote,
				     region->mr->rkey, sges);
	case WRITE_FROM:
		return pair_transfer(&pair, IBV_WR_RDMA_WRITE, here,
				     (uintptr_t)other, buffer_mr->rkey, sges);
	case READ_INTO:
		return pair_transfer(&pair, IBV_WR_RDMA_READ, here,
				     (uintptr_t)other, buffer_mr->rkey, sges);
	case READ_FROM:
		return pair_transfer(&pair, IBV_WR_RDMA_READ, there, remote,
				     region->mr->rkey, sges);
	case SEND_INTO:
		return pair_send(&pair, there, here, sges);
	default:
		return pair_send(&pair, here, there, sges);
	}
}

/* @what is wrong with a transfer. */
static void fail_transfer(const struct region *region, enum role role,
			  const char *at, size_t len, const char *what)
{
	fail("%s %zu bytes at +%#tx of %#tx: %s", role_names[role], len,
	     at - region->start, region->end - region->start, what);
}

static void check_transfer(const struct region *region, enum role role,
			   char *at, size_t len, unsigned int number)
{
	char *other = buffer + GUARD + number % PAGE;
	bool into = role == WRITE_INTO || role == READ_INTO ||
		    role == SEND_INTO;
	const char *first = at - GUARD < region->start ? region->start
						       : at - GUARD;
	const char *last = at + len + GUARD < region->end ? at + len + GUARD
							  : region->end;
	enum ibv_wc_status status;

	pattern_fill(other - GUARD, len + 2 * GUARD, number + 2);
	status = move(region, role, at, other, len,
		      1 + number / (2 * ROLES) % PAIR_SGES);
	if (status != IBV_WC_SUCCESS)
		fail_transfer(region, role, at, len, ibv_wc_status_str(status));
	if (memcmp(at, other, len))
		fail_transfer(region, role, at, len, "wrong data");
	if (pattern_mismatch(other - GUARD, GUARD, number + 2) ||
	    pattern_mismatch(other + len, GUARD, number + 2) ||
	    (into && pattern_mismatch(other, len, number + 2)) ||
	    (!into && pattern_mismatch(at, len, MEMORY)))
		fail_transfer(
			region, role, at, len,
			"the source or what is around the buffer changed");
	pattern_fill(at, len, MEMORY);
	if (pattern_mismatch(first, last - first, MEMORY))
		fail_transfer(region, role, at, len, "what is around changed");
}

/* One of so many transfers is made. */
static unsigned int thinning(void)
{
	return slow_kernel() ? 4 : 1;
}

static void check_near_edge(const struct region *region, char *edge)
{
	static const int shifts[] = { -8, -7, -1, 0, 1, 7, 8 };
	static const size_t lengths[] = {
		1, 2, 7, 8, 9, 63, 4096, 4097, 12289
	};
	static unsigned int number;

	for (size_t i = 0; i < ARRAY_SIZE(shifts); i++)
		for (size_t j = 0; j < ARRAY_SIZE(lengths); j++) {
			char *at = edge + shifts[i];
			size_t len = lengths[j];

			/* Also those that end there. */
			if (number / ROLES & 1)
				at -= len;
			if (at >= region->start && at + len <= region->end &&
			    number % (thinning() * ROLES) < ROLES)
				check_transfer(region, number % ROLES, at, len,
					       number);
			number++;
		}
	/* 65 turns an edge: in time each role meets each case. */
	number += 2;
}

static void check_at_random(const struct region *region)
{
	const size_t size = region->end - region->start;
	struct dice dice = dice_with_seed(size);

	for (unsigned int i = 0; i < RANDOM_TRANSFERS / thinning(); i++) {
		size_t most = size < LONGEST ? size : LONGEST;
		size_t len = 1 + dice_roll(&dice, most);
		char *at = region->start + dice_roll(&dice, size - len + 1);

		check_transfer(region, dice_roll(&dice, ROLES), at, len, i);
	}
}

static void check_region(const struct region *region,
			 const struct layout *layout)
{
	char *start = region->start;
	char *end = region->end;

	check_near_edge(region, start);
	check_near_edge(region, end);
	check_near_edge(region, start + PAGE - (uintptr_t)start % PAGE);
	check_near_edge(region, end - (uintptr_t)end % PAGE);
	for (unsigned int i = 1; i < layout->nr; i++)
		check_near_edge(region, (char *)layout->segments[i].start);
	for (unsigned int i = 0; i < layout->nr; i++) {
		const struct layout_segment *segment = &layout->segments[i];
		size_t granule = segment->kind->granule;

		if (segment->len > granule)
			check_near_edge(region,
					(char *)segment->start + granule);
	}
	check_at_random(region);
}

static const struct memory memories[] = {
	{ "one page", 0, { { "base", 1, 0, TOUCH_WRITE } } },
	{ "base", 0, { { "base", 700, 0, TOUCH_WRITE } } },
	{ "base, not faulted in", 0, { { "base", 70, 0, TOUCH_NOT } } },
	{ "thp", 0, { { "thp", 3, 0, TOUCH_WRITE } } },
	{ "hugetlb-2M", 0, { { "hugetlb-2M", 3, 0, TOUCH_WRITE } } },
	{ "hugetlb-2M-private",
	  0,
	  { { "hugetlb-2M-private", 2, 0, TOUCH_READ } } },
	{ "hugetlb-1G", 0, { { "hugetlb-1G", 1, 0, TOUCH_WRITE } } },
	{ "memfd", 0, { { "memfd", 64, 7, TOUCH_WRITE } } },
	{ "tmpfs-private", 0, { { "tmpfs-private", 64, 7, TOUCH_READ } } },
	{ "mixture",
	  5 * PAGE,
	  { { "memfd", 2, 9, TOUCH_WRITE },
	    { "base", 3, 0, TOUCH_NOT },
	    { "thp", 1, 0, TOUCH_WRITE },
	    { "hugetlb-2M", 2, 1, TOUCH_WRITE },
	    { "tmpfs-private", 3, 0, TOUCH_READ },
	    { "memfd", 3, 3, TOUCH_WRITE },
	    { "memfd", 3, 0, TOUCH_WRITE },
	    { "shmem", 1, 0, TOUCH_NOT },
	    { "base", 30, 0, TOUCH_WRITE } } },
	{ "backwards",
	  0,
	  { { "memfd", 1, 8, TOUCH_WRITE },
	    { "memfd", 1, 7, TOUCH_WRITE },
	    { "memfd", 1, 6, TOUCH_WRITE },
	    { "memfd", 1, 5, TOUCH_WRITE },
	    { "memfd", 1, 4, TOUCH_WRITE },
	    { "memfd", 1, 3, TOUCH_WRITE },
	    { "memfd", 1, 2, TOUCH_WRITE },
	    { "memfd", 1, 1, TOUCH_WRITE },
	    { "memfd", 1, 0, TOUCH_WRITE } } },
};

static void test_memory(void)
{
	memory_check_regions(0, check_region);
}

static const struct memory on_demand[] = {
	{ "base", 0, { { "base", 70, 0, TOUCH_WRITE } } },
	{ "base, not faulted in", 0, { { "base", 70, 0, TOUCH_NOT } } },
	{ "mixture",
	  5 * PAGE,
	  { { "memfd", 5, 9, TOUCH_WRITE },
	    { "thp", 1, 0, TOUCH_WRITE },
	    { "tmpfs-private", 3, 0, TOUCH_READ },
	    { "shmem", 1, 0, TOUCH_NOT } } },
};

/* Pages that are faulted in when the device comes to them. */
static void test_on_demand(void)
{
	memory_check_regions(IBV_ACCESS_ON_DEMAND, check_region);
}

static const struct test_case tests[] = {
	TEST_EACH(test_memory, memories),
	TEST_EACH(test_on_demand, on_demand),
};

PAIR_PROGRAM(.buffer_len = LONGEST + 2 * PAGE, .setup = layout_case_prepare)
