// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages, phyrs and the list describe the same bytes of any memory, or fail
 * alike. Every kind of memory is tried alone, then in random mixtures.
 *
 * PHYR_SEED and PHYR_LAYOUTS choose the mixtures: layout i has seed
 * PHYR_SEED + i. A failure prints the two that repeat it. With PHYR_LONG there
 * are many.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base_page.h"
#include "layout_case.h"
#include "pins.h"
#include "range_check.h"

#define SEED 20261121
#define LAYOUTS 2000
#define LONG_LAYOUTS 100000
#define RANGES 2 /* of a layout */
#define LARGE (256ul << 20) /* a range of it has seconds on a slow kernel */

static struct range_check check;

static const unsigned int all_flags[] = {
	0,
	PHYR_TEST_WRITE,
	PHYR_TEST_LONGTERM,
	PHYR_TEST_LONGTERM | PHYR_TEST_WRITE,
	PHYR_TEST_GET,
	PHYR_TEST_GET | PHYR_TEST_WRITE,
};

#define NR_FLAGS ARRAY_SIZE(all_flags)

static unsigned long number_from_environment(const char *name,
					     unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 0) : otherwise;
}

static const char *kind_flaw(const struct memory_kind *kind,
			     const struct layout *layout, unsigned int flags,
			     struct dice *dice)
{
	const size_t len = layout->end - layout->start;
	const struct {
		size_t at;
		size_t len;
	} ranges[] = {
		{ 0, len },
		{ 1, len - 2 },
		{ len - 1, 1 },
		{ len - 5000 % len, 5000 % len + 100 },
		{ dice_roll(dice, len / 2), 1 + dice_roll(dice, len / 2) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		const char *flawed;

		if (slow_kernel() && ranges[i].len > LARGE &&
		    !dice_one_in(dice, 6))
			continue;
		flawed = range_flaw(&check, layout->start + ranges[i].at,
				    ranges[i].len, flags, dice);
		if (flawed)
			return flawed;
		if (kind->refused && check.held->error != EFAULT)
			return flaw("GUP gives %s, not EFAULT",
				    strerrorname_np(check.held->error));
	}
	return NULL;
}

/* GUP takes all of it if the access is allowed. */
static const char *taken_flaw(const struct memory_kind *kind,
			      const struct layout *layout, unsigned int flags)
{
	struct description_request request = layout_case_request(
		layout,
		flags & PHYR_TEST_GET ? PHYR_TEST_PAGES : PHYR_TEST_PHYRS,
		flags);
	int needed = flags & PHYR_TEST_WRITE ? PROT_WRITE : PROT_READ;

	if (kind->refused || !(kind->prot & needed) ||
	    (kind->tracked && flags == (PHYR_TEST_WRITE | PHYR_TEST_LONGTERM)))
		return NULL;
	describe(check.fd, &request, check.other);
	if (check.other->error || check.other->done < request.len)
		return flaw("GUP takes %zu of %zu bytes: %s", check.other->done,
			    request.len, strerrorname_np(check.other->error));
	return NULL;
}

static void test_kind(void)
{
	const struct memory_kind *kind = test_element();
	struct dice dice = dice_with_seed(SEED);
	struct layout_part part = { .kind = kind->name };
	struct layout layout;

	check.pins = pins_quiet();
	part.granules = kind->granule == PAGE ? 20 : 2;
	if (kind->file_granules && part.granules > kind->file_granules)
		part.granules = kind->file_granules;
	for (size_t i = 0; i < NR_FLAGS * (TOUCH_WRITE + 1); i++) {
		unsigned int flags = all_flags[i % NR_FLAGS];
		const char *flawed;

		part.touch = i / NR_FLAGS;
		layout_case_build(&layout, &part, 1, 0);
		flawed = kind_flaw(kind, &layout, flags, &dice)
				 ?: taken_flaw(kind, &layout, flags);
		/* Also after a failure: the next kind has the same place. */
		layout_clear(&layout);
		if (flawed)
			fail("touch %u, flags %#x: %s", part.touch, flags,
			     flawed);
	}
}

static const char *layout_flaw(const struct layout *layout, struct dice *dice)
{
	for (int i = 0; i < RANGES; i++) {
		uintptr_t a = layout_point(layout, dice);
		uintptr_t b = layout_point(layout, dice);
		uintptr_t addr = a < b ? a : b;
		size_t len = a < b ? b - a : a - b;
		unsigned int flags = all_flags[dice_roll(dice, NR_FLAGS)];
		const char *flawed;
		char copy[400];

		if (!len)
			len = 1;
		if (dice_one_in(dice, 3))
			len = 1 + dice_roll(dice, len < PAGE ? len : PAGE);
		flawed = range_flaw(&check, addr, len, flags, dice);
		if (flawed) {
			snprintf(copy, sizeof(copy), "%s", flawed);
			return flaw("%zu bytes at +%#lx, flags %#x: %s", len,
				    addr - layout->start, flags, copy);
		}
	}
	return NULL;
}

static void change_some(const struct layout *layout, struct dice *dice)
{
	uintptr_t addr = layout_point(layout, dice) & -PAGE;

	madvise((void *)addr, (1 + dice_roll(dice, 64)) * PAGE,
		MADV_POPULATE_WRITE);
}

/* The child lives while the parent is checked, then it is checked itself. */
static const char *forked_flaw(const struct layout *layout, struct dice *dice)
{
	static char(*shared)[512];
	int go[2], status;
	const char *flawed;
	pid_t child;

	if (!shared)
		shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	shared[0][0] = '\0';
	if (pipe(go))
		return flaw("pipe: %m");
	child = fork();
	if (child < 0)
		return flaw("fork: %m");
	if (!child) {
		char byte;

		close(go[1]);
		if (dice_one_in(dice, 2))
			change_some(layout, dice);
		if (read(go[0], &byte, 1) != 1)
			_exit(0);
		flawed = layout_flaw(layout, dice);
		if (flawed)
			snprintf(*shared, sizeof(*shared), "%s", flawed);
		_exit(0);
	}
	close(go[0]);
	if (dice_one_in(dice, 2))
		change_some(layout, dice);
	flawed = layout_flaw(layout, dice);
	if (!flawed && write(go[1], "", 1) != 1)
		flawed = flaw("the child is gone");
	close(go[1]);
	waitpid(child, &status, 0);
	if (flawed)
		return flawed;
	if (status)
		return flaw("the child ended with status %#x", status);
	return **shared ? flaw("in the child: %s", *shared) : NULL;
}

static void test_mixtures(void)
{
	unsigned long seed = number_from_environment("PHYR_SEED", SEED);
	unsigned long layouts = number_from_environment(
		"PHYR_LAYOUTS", getenv("PHYR_LONG") ? LONG_LAYOUTS : LAYOUTS);
	struct layout layout;

	note("PHYR_SEED=%lu PHYR_LAYOUTS=%lu", seed, layouts);
	check.pins = pins_quiet();
	check.complete = 0;
	check.partial = 0;
	check.refused = 0;
	for (unsigned long i = 0; i < layouts; i++) {
		struct dice dice = dice_with_seed(seed + i);
		const char *flawed;

		if (layout_build_random(&layout, &dice))
			fail("PHYR_SEED=%lu: no memory for%s", seed + i,
			     layout.story);
		flawed = dice_one_in(&dice, 4) ? forked_flaw(&layout, &dice)
					       : layout_flaw(&layout, &dice);
		if (flawed)
			fail("PHYR_SEED=%lu PHYR_LAYOUTS=1:%s: %s", seed + i,
			     layout.story, flawed);
		layout_clear(&layout);
	}
	note("ranges taken whole %lu, in part %lu, not at all %lu",
	     check.complete, check.partial, check.refused);
	/* Otherwise the layouts do not try what they are there for. */
	if (layouts >= 1000) {
		assert_true(check.complete > layouts / 4);
		assert_true(check.partial > layouts / 10);
		assert_true(check.refused > layouts / 20);
	}
}

static void setup(void)
{
	range_check_init(&check, LAYOUT_PAGES);
	layout_case_prepare();
}

static void teardown(void)
{
	range_check_deinit(&check);
}

static const struct test_case tests[] = {
	TEST_EACH(test_kind, memory_kinds),
	TEST(test_mixtures),
};

TEST_MAIN(.setup = setup, .teardown = teardown)
