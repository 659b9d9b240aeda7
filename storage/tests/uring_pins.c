// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers registered with io_uring: all of one is registered or nothing is
 * pinned, what is locked is charged, and the pins and the charges go when the
 * buffers do and nothing uses them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base_page.h"
#include "harness.h"
#include "layout_case.h"
#include "pins.h"
#include "ring.h"
#include "uring_target.h"

#define ROOM 256 /* pages that rings have locked, at most */

/* All of a buffer is registered, or nothing is pinned. */
static void test_refused(void)
{
	static const struct layout_part parts[][3] = {
		{ { "base", 40, 0, TOUCH_WRITE },
		  { "prot-none", 1, 0, TOUCH_NOT },
		  { "base", 40, 0, TOUCH_WRITE } },
		{ { "prot-none", 1, 0, TOUCH_NOT },
		  { "base", 4, 0, TOUCH_WRITE },
		  { "base", 4, 0, TOUCH_WRITE } },
		{ { "base", 4, 0, TOUCH_WRITE },
		  { "read-only", 1, 0, TOUCH_READ },
		  { "base", 4, 0, TOUCH_WRITE } },
		{ { "thp", 1, 0, TOUCH_WRITE },
		  { "base", 90, 0, TOUCH_WRITE },
		  { "beyond-eof", 1, 0, TOUCH_NOT } },
	};
	struct ring ring;

	ring_open(&ring);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		long before = pins_quiet();
		struct layout layout;
		struct iovec buffer;

		layout_case_build(&layout, parts[i], 3, 0);
		buffer = uring_range(&layout);
		assert_errno_equal(-ring_register(&ring, &buffer, 1), EFAULT);
		assert_pins(before);
		layout_clear(&layout);
	}
	struct iovec odd[] = {
		{ NULL, 1 },
		{ (void *)PAGE, 0 },
		{ (void *)(UINTPTR_MAX - PAGE), PAGE },
	};
	assert_errno_equal(-ring_register(&ring, &odd[0], 1), EFAULT);
	assert_errno_equal(-ring_register(&ring, &odd[1], 1), EFAULT);
	assert_true(ring_register(&ring, &odd[2], 1) < 0);
	ring_close(&ring);
}

/* Pages that the kernel has charged to this process for being pinned. */
static long locked_pages(void)
{
	char line[128];
	long kib = -1;
	FILE *status = fopen("/proc/self/status", "r");

	assert_non_null(status);
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "VmPin: %ld kB", &kib) == 1)
			break;
	fclose(status);
	return kib * 1024 / (long)PAGE;
}

static void limit_locked(size_t most)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &limit), 0);
	if (most > limit.rlim_max)
		skip("only %lu bytes may be locked", (long)limit.rlim_max);
	limit.rlim_cur = most;
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
}

/* The rings of root are not charged. */
static void open_charged(struct ring *ring)
{
	assert_int_equal(seteuid(65534), 0);
	ring_open(ring);
	assert_int_equal(seteuid(0), 0);
}

struct charge {
	const char *name;
	struct layout_part part;
	size_t from; /* bytes of the buffer: where, and how many */
	size_t len;
	long pages; /* that are charged */
};

static const struct charge charges[] = {
	{ "page", { "base", 4, 0, TOUCH_WRITE }, 100, 1, 1 },
	{ "two pages", { "base", 4, 0, TOUCH_WRITE }, 4095, 2, 2 },
	{ "pages", { "base", 300, 0, TOUCH_WRITE }, 0, 300 * 4096, 300 },
	{ "byte of a thp", { "thp", 2, 0, TOUCH_WRITE }, 5000, 1, 512 },
	{ "byte of two", { "thp", 2, 0, TOUCH_WRITE }, (2 << 20) - 1, 2, 1024 },
	{ "giant", { "hugetlb-1G", 1, 0, TOUCH_WRITE }, 77, 1 << 30, 1 << 18 },
};

static void charge_one(void)
{
	const struct charge *charge = test_element();
	long pins = pins_quiet(), locked;
	struct layout layout;
	struct iovec buffer, buffers[2];
	struct ring ring, clone;

	layout_case_build(&layout, &charge->part, 1, 0);
	buffer.iov_base = (char *)layout.start + charge->from;
	buffer.iov_len = charge->len;
	if (buffer.iov_len > layout.end - (uintptr_t)buffer.iov_base)
		buffer.iov_len = layout.end - (uintptr_t)buffer.iov_base;
	buffers[0] = buffer;
	buffers[1] = buffer;

	limit_locked((2 * charge->pages + ROOM) * PAGE);
	open_charged(&ring);
	locked = locked_pages();
	assert_int_equal(ring_register(&ring, &buffer, 1), 0);
	assert_true(pins_held() > pins);
	assert_int_equal(locked_pages() - locked, charge->pages);
	open_charged(&clone);
	locked = locked_pages() - charge->pages;
	if (!ring_clone(&clone, &ring)) {
		assert_int_equal(locked_pages() - locked, charge->pages);
		assert_int_equal(ring_unregister(&ring), 0);
		assert_int_equal(locked_pages() - locked, charge->pages);
		assert_true(pins_held() > pins);
		assert_int_equal(ring_unregister(&clone), 0);
	} else {
		assert_int_equal(ring_unregister(&ring), 0);
	}
	assert_int_equal(locked_pages(), locked);
	assert_pins(pins);

	/* What is large is charged once for a ring, what is small each time. */
	assert_int_equal(ring_register(&ring, buffers, 2), 0);
	assert_int_equal(locked_pages() - locked, charge->part.kind[0] == 'b'
							  ? 2 * charge->pages
							  : charge->pages);
	assert_int_equal(ring_unregister(&ring), 0);
	assert_int_equal(locked_pages(), locked);
	assert_pins(pins);
	ring_close(&clone);
	ring_close(&ring);
	layout_clear(&layout);
}

static void test_charged(void)
{
	if (PAGE != 4096)
		skip("the numbers are of pages of 4 KiB");
	in_child(charge_one);
}

/* One page more than may be locked. */
static void exceed(void)
{
	static const struct layout_part part = { "base", 101, 0, TOUCH_WRITE };
	long pins = pins_quiet(), locked;
	struct layout layout;
	struct iovec buffer;
	struct ring ring;

	layout_case_build(&layout, &part, 1, 0);
	buffer = uring_range(&layout);
	const struct iovec many[] = { buffer, buffer, buffer, buffer };

	limit_locked(403 * PAGE);
	open_charged(&ring);
	locked = locked_pages();
	for (int round = 0; round < 3; round++) {
		assert_errno_equal(-ring_register(&ring, many, 4), ENOMEM);
		assert_int_equal(locked_pages(), locked);
		assert_pins(pins);
	}
	assert_int_equal(ring_register(&ring, &buffer, 1), 0);
	ring_close(&ring);
	layout_clear(&layout);
}

static void test_exceeded(void)
{
	in_child(exceed);
}

/* Far more often than a page can be pinned whole. */
static void test_often(void)
{
	static const struct layout_part part = { "hugetlb-1G", 1, 0,
						 TOUCH_WRITE };
	const unsigned int often = 10000;
	long pins = pins_quiet();
	struct layout layout;
	struct iovec buffer;
	struct ring ring;

	if (slow_kernel())
		skip("%u registrations take minutes on a kernel that is slow",
		     often);
	layout_case_build(&layout, &part, 1, 0);
	buffer = uring_range(&layout);
	ring_open(&ring);
	assert_int_equal(ring_register_sparse(&ring, often), 0);
	for (unsigned int i = 0; i < often; i++)
		assert_int_equal(ring_update(&ring, i, &buffer), 0);
	ring_close(&ring);
	assert_pins(pins);
	layout_clear(&layout);
}

static const struct layout_part busy_memory = { "base", 100, 0, TOUCH_WRITE };

/* A read that waits holds the memory, and gets its data there. */
static void test_unregister_while_read(void)
{
	long pins = pins_quiet();
	struct uring_buffer buffer;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	uring_buffer_open(&buffer, &busy_memory, 1, 0);
	const struct ring_io io = {
		.op = IORING_OP_READ_FIXED,
		.fd = ends[0],
		.addr = (char *)buffer.range.iov_base + 3 * PAGE - 2,
		.len = 4,
		.offset = -1,
	};

	ring_submit(&buffer.ring, &io);
	assert_int_equal(ring_unregister(&buffer.ring), 0);
	assert_true(pins_held() > pins);
	assert_int_equal(write(ends[1], "phyr", 4), 4);
	assert_int_equal(ring_result(&buffer.ring), 4);
	assert_memory_equal(io.addr, "phyr", 4);
	assert_pins(pins);
	uring_buffer_close(&buffer);
	close(ends[0]);
	close(ends[1]);
}

static void test_close_while_read(void)
{
	long pins = pins_quiet();
	struct uring_buffer buffer;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	uring_buffer_open(&buffer, &busy_memory, 1, 0);
	for (int i = 0; i < 8; i++) {
		const struct ring_io io = {
			.op = IORING_OP_READ_FIXED,
			.fd = ends[0],
			.addr = (char *)buffer.range.iov_base + i * PAGE,
			.len = 2 * PAGE,
			.offset = -1,
		};

		ring_submit(&buffer.ring, &io);
	}
	ring_close(&buffer.ring);
	assert_pins(pins);
	close(ends[0]);
	close(ends[1]);
	layout_clear(&buffer.layout);
}

/* Writes to a file that are on their way. */
static void test_close_while_write(void)
{
	long pins = pins_quiet();
	struct layout layout;
	struct iovec buffer;

	layout_case_build(&layout, &busy_memory, 1, 0);
	buffer = uring_range(&layout);
	for (size_t i = 0; i < uring_nr_targets; i++) {
		struct ring ring;

		ring_open(&ring);
		assert_int_equal(ring_register(&ring, &buffer, 1), 0);
		for (int at = 0; at < 32; at++) {
			const struct ring_io io = {
				.op = IORING_OP_WRITE_FIXED,
				.fd = uring_targets[i].fd,
				.addr = buffer.iov_base,
				.len = 64 * PAGE,
				.offset = at * PAGE,
			};

			ring_submit(&ring, &io);
		}
		ring_close(&ring);
	}
	assert_pins(pins);
	layout_clear(&layout);
}

static void setup(void)
{
	layout_case_prepare();
	uring_targets_open();
}

static const struct test_case tests[] = {
	TEST(test_refused),
	TEST_EACH(test_charged, charges),
	TEST(test_exceeded),
	TEST(test_often),
	TEST(test_unregister_while_read),
	TEST(test_close_while_read),
	TEST(test_close_while_write),
};

TEST_MAIN(.setup = setup, .teardown = uring_targets_close)
