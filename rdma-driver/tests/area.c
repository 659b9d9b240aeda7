// SPDX-License-Identifier: GPL-2.0-only
#include <sys/mman.h>

#include "area.h"
#include "pair_program.h"
#include "pattern.h"

void area_open(struct area *area, size_t len)
{
	area->len = len;
	area->start = mmap(NULL, len, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(area->start, MAP_FAILED);
	pattern_fill(area->start, len, MEMORY);
	area->mr = ibv_reg_mr(pair.device->pd, area->start, len, ALL_ACCESS);
	assert_non_null(area->mr);
}

void area_close(struct area *area)
{
	assert_int_equal(ibv_dereg_mr(area->mr), 0);
	munmap(area->start, area->len);
}
