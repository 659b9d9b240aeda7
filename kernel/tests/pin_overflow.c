// SPDX-License-Identifier: GPL-2.0-only
/*
 * 1 GiB page, 2^18 pins each time it is pinned whole, a counter of 31 bits:
 * before 2^13 times that must end, without a warning and without a pin lost.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>
#include <phyr/clock.h>
#include <phyr/device.h>

#include "description.h"
#include "layout_case.h"
#include "pair.h"
#include "pins.h"
#include "pins_case.h"

#define GIB (1ul << 30)
#define PAGES (GIB / 4096)
#define TOO_OFTEN 8200
#define OFTEN 7000 /* must still work: an eighth of the count stays unused */
#define TRIED 32 /* enough to tell how long the rest will take */
#define MOST_NS (60 * 1000000000ull)

static struct description *seen;
static struct layout layout;

static void map_giant_page(void)
{
	static const struct layout_part part = { "hugetlb-1G", 1, 0,
						 TOUCH_NOT };

	layout_case_build(&layout, &part, 1, 0);
}

static struct description_request whole(enum phyr_test_form form,
					unsigned int flags)
{
	return (struct description_request){
		.addr = layout.start,
		.len = GIB,
		.form = form,
		.flags = flags,
	};
}

/* The page was taken whole; if not, then in part or not for want of counts. */
static bool seen_whole(void)
{
	if (seen->error && seen->error != ENOMEM)
		fail_msg("%s, not ENOMEM", strerrorname_np(seen->error));
	return !seen->error && seen->done == GIB;
}

static void assert_pinnable(bool pinnable)
{
	const int fd = phyr_test_open();

	for (enum phyr_test_form form = PHYR_TEST_PAGES; form <= PHYR_TEST_LIST;
	     form++) {
		struct description_request request =
			whole(form, PHYR_TEST_WRITE);

		describe(fd, &request, seen);
		if (seen_whole() != pinnable)
			fail_msg("form %u: %zu bytes", form, seen->done);
	}
	close(fd);
}

/* CONFIG_DEBUG_VM looks at every page of every pin, 2^31 in the end. */
static bool affordable(uint64_t start)
{
	const uint64_t all = (phyr_clock_ns() - start) / TRIED * OFTEN;

	if (all < MOST_NS || getenv("PHYR_LONG"))
		return true;
	print_message(
		"# SKIP would take %llu s on this kernel: set PHYR_LONG\n",
		(unsigned long long)all / 1000000000);
	return false;
}

/* Hold the page until it cannot be taken whole any more, then give it back. */
static void check_often(enum phyr_test_form form, unsigned int flags)
{
	static int fds[TOO_OFTEN];
	struct description_request request;
	const long before = pins_quiet();
	uint64_t start;
	size_t last;
	int nr = 0;

	map_giant_page();
	request = whole(form, flags);
	start = phyr_clock_ns();
	request.max_entries = 1; /* the device allocates as many for each */
	while (nr < TOO_OFTEN) {
		fds[nr] = phyr_test_open();
		assert_true(fds[nr] >= 0);
		describe_and_hold(fds[nr++], &request, seen);
		if (!seen_whole())
			break;
		if (nr == TRIED && !affordable(start)) {
			while (nr)
				close(fds[--nr]);
			layout_clear(&layout);
			skip();
		}
	}
	last = seen->done;
	print_message("# hold %d: %s, %zu bytes\n", nr,
		      strerrorname_np(seen->error), last);
	assert_in_range(nr, OFTEN, TOO_OFTEN - 1);
	if (!(flags & PHYR_TEST_GET))
		assert_pins(before + (nr - 1) * PAGES + last / 4096);
	assert_pinnable(false);
	while (nr > OFTEN)
		close(fds[--nr]);
	assert_pinnable(true);
	while (nr)
		close(fds[--nr]);
	assert_pins(before);
	assert_pinnable(true);
	layout_clear(&layout);
}

static void test_pin_phyrs(void **state)
{
	(void)state;
	check_often(PHYR_TEST_PHYRS, PHYR_TEST_WRITE);
}

static void test_pin_list(void **state)
{
	(void)state;
	check_often(PHYR_TEST_LIST, PHYR_TEST_WRITE | PHYR_TEST_LONGTERM);
}

static void test_get_phyrs(void **state)
{
	(void)state;
	check_often(PHYR_TEST_PHYRS, PHYR_TEST_WRITE | PHYR_TEST_GET);
}

static void test_memory_regions(void **state)
{
	static struct ibv_mr *mrs[TOO_OFTEN];
	const long before = pins_quiet();
	struct phyr_device *device;
	struct phyr_error error;
	uint64_t start;
	int nr = 0, tried;

	(void)state;
	map_giant_page();
	if (phyr_device_open(NULL, &device, &error)) {
		print_message("# SKIP %s\n", error.message);
		skip();
	}
	start = phyr_clock_ns();
	while (nr < TOO_OFTEN && (nr != TRIED || affordable(start))) {
		mrs[nr] = ibv_reg_mr(device->pd, (void *)layout.start, GIB,
				     ALL_ACCESS);
		if (!mrs[nr])
			break;
		nr++;
	}
	tried = nr;
	print_message("# region %d: %s\n", nr + 1, strerrorname_np(errno));
	assert_pins(before + nr * PAGES);
	while (nr)
		assert_int_equal(ibv_dereg_mr(mrs[--nr]), 0);
	assert_pins(before);
	phyr_device_close(device);
	layout_clear(&layout);
	if (tried == TRIED)
		skip();
	assert_in_range(tried, OFTEN, TOO_OFTEN - 1);
}

static int group_setup(void **state)
{
	struct rlimit files = { TOO_OFTEN + 100, TOO_OFTEN + 100 };

	(void)state;
	seen = description_create(PAGES);
	return !seen || setrlimit(RLIMIT_NOFILE, &files) || layout_prepare()
		       ? -1
		       : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		pins_case(test_pin_phyrs),
		pins_case(test_pin_list),
		pins_case(test_get_phyrs),
		pins_case(test_memory_regions),
	};
	int fd = phyr_test_open();

	if (fd < 0) {
		printf("1..0 # SKIP /dev/phyr_test: %s\n", strerror(errno));
		return 77;
	}
	close(fd);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pin_overflow", tests, group_setup,
					   NULL);
}
