// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a pin promises: the page stays the one that the process sees, whatever
 * fork() and writes do; long-term pins hold no movable memory.
 */
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base_page.h"
#include "description.h"
#include "layout_case.h"
#include "page_frames.h"
#include "phyr_device.h"

#define MOST_PAGES 2048

static int hold_fd;
static int fd;
static struct description *held;
static struct description *seen;

static void hold_whole(const struct layout *layout, enum phyr_test_form form,
		       unsigned int flags)
{
	struct description_request request =
		layout_case_request(layout, form, flags);

	describe_and_hold(hold_fd, &request, held);
	assert_int_equal(held->error, 0);
	assert_int_equal(held->done, request.len);
	assert_no_flaw(description_flaw(held));
	assert_no_flaw(description_pagemap_flaw(held));
}

/* --- fork ---------------------------------------------------------------- */

static const struct layout_part cow_memories[] = {
	{ "base", 20, 0, TOUCH_WRITE },
	{ "mthp-64K", 3, 0, TOUCH_WRITE },
	{ "thp", 2, 0, TOUCH_WRITE },
	{ "hugetlb-2M-private", 1, 0, TOUCH_WRITE },
	{ "tmpfs-private", 20, 3, TOUCH_WRITE },
};

/* A child that waits until @go is closed. */
static pid_t fork_child(int *go)
{
	int ends[2];
	pid_t child;
	char byte;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (!child) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1));
	}
	close(ends[0]);
	*go = ends[1];
	return child;
}

static void end_child(pid_t child, int go)
{
	int status;

	close(go);
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
}

/* Pinned before the fork: the child gets the copies, whoever writes. */
static void test_hold_then_fork(void)
{
	const struct layout_part *part = test_element();
	struct layout layout;
	pid_t child;
	int go;

	for_each_form(form) for (unsigned int flags = 0;
				 flags <= PHYR_TEST_WRITE;
				 flags += PHYR_TEST_WRITE)
	{
		layout_case_build(&layout, part, 1, 0);
		hold_whole(&layout, form, flags);
		child = fork_child(&go);
		for (uintptr_t at = layout.start; at < layout.end; at += PAGE)
			assert_int_not_equal(page_frame(child, (void *)at),
					     page_frame(getpid(), (void *)at));
		memory_touch((void *)layout.start, layout.end - layout.start,
			     TOUCH_WRITE);
		assert_no_flaw(description_pagemap_flaw(held));
		end_child(child, go);
		release_held(hold_fd);
		layout_clear(&layout);
	}
}

/* Pinned to read while shared with a child: the pin gets a page of its own. */
static void test_fork_then_hold(void)
{
	const struct layout_part *part = test_element();
	struct layout layout;
	pid_t child;
	int go;

	for_each_form(form)
	{
		layout_case_build(&layout, part, 1, 0);
		child = fork_child(&go);
		hold_whole(&layout, form, 0);
		memory_touch((void *)layout.start, layout.end - layout.start,
			     TOUCH_WRITE);
		assert_no_flaw(description_pagemap_flaw(held));
		end_child(child, go);
		release_held(hold_fd);
		layout_clear(&layout);
	}
}

/*
 * After a child has gone, the first page is its parent's own again once it has
 * been pinned, and the others of its folio are not yet: they must not be taken
 * together with it.
 */
static void test_unshare_each(void)
{
	static const struct layout_part part = { "mthp-64K", 1, 0,
						 TOUCH_WRITE };
	struct description_request request;
	struct layout layout;
	pid_t child;
	int go;

	for_each_form(form)
	{
		layout_case_build(&layout, &part, 1, 0);
		child = fork_child(&go);
		end_child(child, go);
		request = layout_case_request(&layout, form, 0);
		request.len = PAGE;
		describe(fd, &request, seen);
		assert_int_equal(seen->error, 0);
		hold_whole(&layout, form, 0);
		memory_touch((void *)layout.start, layout.end - layout.start,
			     TOUCH_WRITE);
		assert_no_flaw(description_pagemap_flaw(held));
		release_held(hold_fd);
		layout_clear(&layout);
	}
}

/* Read before it is written: what is there belongs to a file, or is all zeroes. */
static const struct layout_part unwritten_memories[] = {
	{ "tmpfs-private", 20, 3, TOUCH_READ },
	{ "hugetlb-2M-private", 1, 0, TOUCH_READ },
	{ "zero", 20, 0, TOUCH_READ },
	{ "huge-zero", 1, 0, TOUCH_READ },
};

/* Pinned to read for long: the process goes on to see the page when it writes. */
static void test_hold_then_write(void)
{
	const struct layout_part *part = test_element();
	/* Of the middle, the VMA says that it is shared with the file. */
	const struct layout_part parts[] = {
		*part,
		{ "tmpfs-readonly", 512, 0, TOUCH_READ },
		*part,
	};
	struct layout layout;

	for_each_form(form)
	{
		layout_case_build(&layout, parts, 3, 0);
		hold_whole(&layout, form, PHYR_TEST_LONGTERM);
		for (size_t i = 0; i < layout.nr; i += 2)
			memory_touch((void *)layout.segments[i].start,
				     layout.segments[i].len, TOUCH_WRITE);
		assert_no_flaw(description_pagemap_flaw(held));
		release_held(hold_fd);
		layout_clear(&layout);
	}
}

/* --- memory that may not be pinned for long ------------------------------ */

static const struct layout_part movable_memories[] = {
	{ "base", 300, 0, TOUCH_WRITE },
	{ "mthp-64K", 20, 0, TOUCH_WRITE },
	{ "thp", 3, 0, TOUCH_WRITE },
	{ "shmem", 300, 0, TOUCH_WRITE },
};

static size_t movable_pages(const struct layout *layout)
{
	size_t pages = 0;

	for (uintptr_t at = layout->start; at < layout->end; at += 16 * PAGE)
		pages += page_frame_movable(page_frame(getpid(), (void *)at));
	return pages;
}

/* Fills with 0, 1, 2 ... by page: what memory_touch() has written. */
static void assert_contents(const struct layout *layout)
{
	size_t len = layout->end - layout->start;

	for (size_t at = 0; at < len; at += PAGE)
		assert_int_equal(*(unsigned char *)(layout->start + at),
				 at / PAGE % 256);
}

static void test_movable(void)
{
	const struct layout_part *part = test_element();
	struct layout layout;

	if (!zone_movable_exists())
		skip("no ZONE_MOVABLE: boot with movablecore=2G");
	for_each_form(form)
	{
		size_t before;

		layout_case_build(&layout, part, 1, 0);
		before = movable_pages(&layout);
		assert_int_not_equal(before, 0);
		hold_whole(&layout, form, PHYR_TEST_WRITE);
		assert_int_equal(movable_pages(&layout), before);
		release_held(hold_fd);
		hold_whole(&layout, form, PHYR_TEST_WRITE | PHYR_TEST_LONGTERM);
		assert_int_equal(movable_pages(&layout), 0);
		assert_contents(&layout);
		release_held(hold_fd);
		layout_clear(&layout);
	}
}

/* --- references of get --------------------------------------------------- */

#define FLAG(bit) (1ull << (bit))

/* New pages wait in lists of each CPU, which hold a reference. */
static void drain_lru_lists(void)
{
	int file = open("/proc/sys/vm/drop_caches", O_WRONLY);

	assert_int_equal(write(file, "1", 1), 1);
	close(file);
}

static const struct layout_part got_memories[] = {
	{ "base", 64, 0, TOUCH_WRITE },
	{ "mthp-64K", 3, 0, TOUCH_WRITE },
};

#define MOST_GOT (3 * 16)

/* An anonymous page is called so until its last reference is gone. */
static void test_get_puts(void)
{
	const struct layout_part *part = test_element();
	struct description_request request;
	struct layout layout;
	uint64_t frames[MOST_GOT];
	size_t nr;

	layout_case_build(&layout, part, 1, 0);
	nr = (layout.end - layout.start) / PAGE;
	if (nr > MOST_GOT)
		nr = MOST_GOT;
	drain_lru_lists();
	for (size_t i = 0; i < nr; i++)
		frames[i] =
			page_frame(getpid(), (void *)(layout.start + i * PAGE));
	request = layout_case_request(&layout, PHYR_TEST_PAGES,
				      PHYR_TEST_GET | PHYR_TEST_WRITE);
	request.addr += 1;
	request.len -= 2;
	describe(fd, &request, seen);
	assert_int_equal(seen->done, request.len);
	describe_and_hold(hold_fd, &request, held);
	layout_clear(&layout);
	/* Held pages outlive their mapping. */
	for (size_t i = 0; i < nr; i++)
		assert_true(page_frame_flags(frames[i]) & FLAG(KPF_ANON));
	release_held(hold_fd);
	for (size_t i = 0; i < nr; i++)
		assert_false(page_frame_flags(frames[i]) & FLAG(KPF_ANON));
}

static void setup(void)
{
	fd = test_device_open_or_skip();
	hold_fd = test_device_open_or_skip();
	held = description_create(MOST_PAGES);
	seen = description_create(MOST_PAGES);
	assert_true(held && seen);
	layout_case_prepare();
}

static const struct test_case tests[] = {
	TEST_EACH(test_hold_then_fork, cow_memories),
	TEST_EACH(test_fork_then_hold, cow_memories),
	TEST(test_unshare_each),
	TEST_EACH(test_hold_then_write, unwritten_memories),
	TEST_EACH(test_movable, movable_memories),
	TEST_EACH(test_get_puts, got_memories),
};

TEST_MAIN(.setup = setup)
