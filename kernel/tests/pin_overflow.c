// SPDX-License-Identifier: GPL-2.0-only
/*
 * A 1 GiB page is held in every form until it cannot be pinned any more: that
 * ends without a warning and without a pin lost.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock_ns.h"
#include "description.h"
#include "giant_page.h"
#include "layout_case.h"
#include "pins.h"
#include "phyr_device.h"

static struct description *seen;
static struct layout layout;

static struct description_request whole(enum phyr_test_form form,
					unsigned int flags)
{
	return (struct description_request){
		.addr = layout.start,
		.len = GIANT_PAGE_LEN,
		.form = form,
		.flags = flags,
	};
}

/* The page was taken whole; if not, then in part or not for want of counts. */
static bool seen_whole(void)
{
	if (seen->error && seen->error != ENOMEM)
		fail("%s, not ENOMEM", strerrorname_np(seen->error));
	return !seen->error && seen->done == GIANT_PAGE_LEN;
}

static void assert_pinnable(bool pinnable)
{
	const int fd = test_device_open();

	for (enum phyr_test_form form = PHYR_TEST_PAGES; form <= PHYR_TEST_LIST;
	     form++) {
		struct description_request request =
			whole(form, PHYR_TEST_WRITE);

		describe(fd, &request, seen);
		if (seen_whole() != pinnable)
			fail("form %u: %zu bytes", form, seen->done);
	}
	close(fd);
}

/* Hold the page until it cannot be taken whole any more, then give it back. */
static void check_often(enum phyr_test_form form, unsigned int flags)
{
	static int fds[GIANT_PAGE_TOO_OFTEN];
	struct description_request request;
	const long before = pins_quiet();
	unsigned int seconds = 0;
	uint64_t start;
	size_t last;
	int nr = 0;

	giant_page_map(&layout);
	request = whole(form, flags);
	start = clock_ns();
	request.max_entries = 1; /* the device allocates as many for each */
	while (nr < GIANT_PAGE_TOO_OFTEN) {
		fds[nr] = test_device_open();
		assert_true(fds[nr] >= 0);
		describe_and_hold(fds[nr++], &request, seen);
		if (!seen_whole())
			break;
		if (nr == GIANT_PAGE_TRIED)
			seconds = giant_page_seconds(start);
		if (seconds) {
			while (nr)
				close(fds[--nr]);
			layout_clear(&layout);
			skip("would take %u s on this kernel: set PHYR_LONG",
			     seconds);
		}
	}
	last = seen->done;
	note("hold %d: %s, %zu bytes", nr, strerrorname_np(seen->error), last);
	assert_in_range(nr, GIANT_PAGE_OFTEN, GIANT_PAGE_TOO_OFTEN - 1);
	assert_pins(before + (nr - 1) * GIANT_PAGE_PINS + last / 4096);
	assert_pinnable(false);
	while (nr > GIANT_PAGE_OFTEN)
		close(fds[--nr]);
	assert_pinnable(true);
	while (nr)
		close(fds[--nr]);
	assert_pins(before);
	assert_pinnable(true);
	layout_clear(&layout);
}

static void test_pin_phyrs(void)
{
	check_often(PHYR_TEST_PHYRS, PHYR_TEST_WRITE);
}

static void test_pin_list(void)
{
	check_often(PHYR_TEST_LIST, PHYR_TEST_WRITE | PHYR_TEST_LONGTERM);
}

static void setup(void)
{
	const rlim_t most = GIANT_PAGE_TOO_OFTEN + 100;
	const struct rlimit files = { most, most };

	close(test_device_open_or_skip());
	seen = description_create(GIANT_PAGE_PINS);
	assert_non_null(seen);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
	layout_case_prepare();
}

static const struct test_case tests[] = {
	TEST(test_pin_phyrs),
	TEST(test_pin_list),
};

TEST_MAIN(.setup = setup)
