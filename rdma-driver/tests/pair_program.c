// SPDX-License-Identifier: GPL-2.0-only
#include <sys/mman.h>

#include "layout_case.h"
#include "pair_program.h"

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
