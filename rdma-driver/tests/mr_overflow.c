// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory regions over a whole 1 GiB page, until the page cannot be pinned any
 * more: that ends without a warning and without a pin lost.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "clock_ns.h"
#include "giant_page.h"
#include "layout_case.h"
#include "pins.h"
#include "rdma_device.h"

static struct phyr_device *device;

static void test_memory_regions(void)
{
	static struct ibv_mr *mrs[GIANT_PAGE_TOO_OFTEN];
	const long before = pins_quiet();
	struct layout layout;
	unsigned int seconds = 0;
	uint64_t start;
	int nr = 0, error;

	giant_page_map(&layout);
	start = clock_ns();
	while (nr < GIANT_PAGE_TOO_OFTEN && !seconds) {
		mrs[nr] = ibv_reg_mr(device->pd, (void *)layout.start,
				     GIANT_PAGE_LEN, ALL_ACCESS);
		if (!mrs[nr])
			break;
		if (++nr == GIANT_PAGE_TRIED)
			seconds = giant_page_seconds(start);
	}
	error = errno;
	assert_pins(before + nr * GIANT_PAGE_PINS);
	for (int i = nr; i--;)
		assert_int_equal(ibv_dereg_mr(mrs[i]), 0);
	assert_pins(before);
	layout_clear(&layout);
	if (seconds)
		skip("would take %u s on this kernel: set PHYR_LONG", seconds);
	note("region %d: %s", nr + 1, strerrorname_np(error));
	assert_in_range(nr, GIANT_PAGE_OFTEN, GIANT_PAGE_TOO_OFTEN - 1);
}

static void setup(void)
{
	device = rdma_device_open();
	layout_case_prepare();
}

static void teardown(void)
{
	phyr_device_close(device);
}

static const struct test_case tests[] = {
	TEST(test_memory_regions),
};

TEST_MAIN(.setup = setup, .teardown = teardown)
