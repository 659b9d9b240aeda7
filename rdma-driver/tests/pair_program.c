// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "layout_case.h"
#include "pair_program.h"
#include "pattern.h"

/* Of a giant page, the beginning: to fill all of it would take too long. */
#define LONGEST_REGION (8ul << 20)
#define OTHER_IOVA (12ul << 10)

struct pair pair;
char *buffer;
struct ibv_mr *buffer_mr;

struct pair_range buffer_range(const void *at, size_t len)
{
	return (struct pair_range){ (uintptr_t)at, len, buffer_mr->lkey };
}

void memory_build(const struct memory *memory, struct layout *layout)
{
	size_t nr = 0;

	while (memory->parts[nr].kind)
		nr++;
	layout_case_build(layout, memory->parts, nr, memory->before);
}

void memory_check_regions(unsigned int more,
			  void (*check)(const struct region *region,
					const struct layout *layout))
{
	static const struct {
		size_t from_start, from_end;
		bool other_iova;
	} parts[] = { { 0, 0, false }, { 16, 24, false }, { 17, 33, true } };
	struct layout layout;
	char *start;
	size_t len;

	memory_build(test_element(), &layout);
	start = (char *)layout.start;
	len = layout.end - layout.start;
	if (len > LONGEST_REGION)
		len = LONGEST_REGION;
	pattern_fill(start, len, MEMORY);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct region region = {
			.start = start + parts[i].from_start,
			.end = start + len - parts[i].from_end,
		};

		/* iWARP takes addresses of memory only. */
		if (parts[i].other_iova && !phyr_rdma_is_iwarp(pair.device))
			region.to_iova = OTHER_IOVA - (uintptr_t)start;
		region.mr = ibv_reg_mr_iova(pair.device->pd, region.start,
					    region.end - region.start,
					    (uintptr_t)region.start +
						    region.to_iova,
					    ALL_ACCESS | more);
		if (!region.mr && more)
			skip("%s", strerror(errno));
		if (!region.mr)
			fail("registering %zu bytes: %s",
			     region.end - region.start, strerror(errno));
		check(&region, &layout);
		assert_int_equal(ibv_dereg_mr(region.mr), 0);
		if (pattern_mismatch(start, len, MEMORY))
			fail("a transfer changed what it should not");
	}
	layout_clear(&layout);
}

static void map_buffer(void)
{
	const size_t len = pair_program.buffer_len;

	buffer = mmap(NULL, len, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(buffer, MAP_FAILED);
	buffer_mr = ibv_reg_mr(pair.device->pd, buffer, len, ALL_ACCESS);
	assert_non_null(buffer_mr);
}

static void setup(void)
{
	pair_open(&pair);
	if (pair_program.buffer_len)
		map_buffer();
	if (pair_program.setup)
		pair_program.setup();
}

static void teardown(void)
{
	if (pair_program.teardown)
		pair_program.teardown();
	if (buffer_mr)
		ibv_dereg_mr(buffer_mr);
	pair_close(&pair);
}

int main(void)
{
	const struct test_program program = {
		.setup = setup,
		.teardown = teardown,
		.tests = pair_program.tests,
		.nr = pair_program.nr,
	};

	return test_run(&program);
}
