// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads pin memory in every form while others fork, unmap, drop, protect and
 * write it. What is pinned must be well-formed, and in the end nothing is.
 *
 * PHYR_SECONDS: how long; PHYR_LONG: very long.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock_ns.h"
#include "description.h"
#include "dice.h"
#include "layout_case.h"
#include "phyr_device.h"

#define PAGE 4096ul
#define SECONDS 10
#define LONG_SECONDS 600
#define PINNERS 2
#define LEAST 20 /* of everything must happen, or there was no race */
#define PATIENCE 20 /* times as long may pass until then on a slow kernel */

static const struct layout_part parts[] = {
	{ "memfd", 100, 0, TOUCH_WRITE }, { "base", 412, 0, TOUCH_WRITE },
	{ "thp", 2, 0, TOUCH_WRITE },	  { "shmem", 200, 0, TOUCH_NOT },
	{ "base", 200, 0, TOUCH_NOT },
};

static struct layout layout;
static atomic_bool stop;
static _Atomic(char *) failure;

/* What a thread has done, by its outcome. */
struct tally {
	unsigned long seed;
	atomic_ulong whole;
	atomic_ulong part;
	atomic_ulong refused;
	atomic_ulong other;
};

static void set_failure(const char *text)
{
	char *none = NULL;
	char *copy = strdup(text);

	if (!atomic_compare_exchange_strong(&failure, &none, copy))
		free(copy);
	atomic_store(&stop, true);
}

static struct description_request random_request(struct dice *dice)
{
	static const unsigned int flags[] = {
		0,
		PHYR_TEST_WRITE,
		PHYR_TEST_WRITE | PHYR_TEST_LONGTERM,
		PHYR_TEST_LONGTERM,
		PHYR_TEST_GET | PHYR_TEST_WRITE,
	};
	uintptr_t a = layout_point(&layout, dice);
	uintptr_t b = layout_point(&layout, dice);
	struct description_request request = {
		.addr = a < b ? a : b,
		.len = a < b ? b - a : a - b + 1,
		.form = dice_roll(dice, 3),
		.flags = flags[dice_roll(dice, 5)],
	};

	if (request.form != PHYR_TEST_PAGES)
		request.flags &= ~PHYR_TEST_GET;
	if (request.form == PHYR_TEST_PHYRS && dice_one_in(dice, 2))
		request.max_entries = 1 + dice_roll(dice, 200);
	return request;
}

static void *pin(void *arg)
{
	struct tally *tally = arg;
	struct dice dice = dice_with_seed(tally->seed);
	struct description *seen =
		description_create((layout.end - layout.start) / PAGE + 4);
	int fd = test_device_open();

	while (!atomic_load(&stop)) {
		struct description_request request = random_request(&dice);
		const char *flawed;

		describe_and_hold(fd, &request, seen);
		flawed = description_flaw(seen);
		if (flawed)
			set_failure(flawed);
		if (!seen->error) {
			if (dice_one_in(&dice, 4))
				sched_yield();
			release_held(fd);
			if (seen->done == seen->len)
				tally->whole++;
			else
				tally->part++;
		} else if (seen->error == EFAULT) {
			tally->refused++;
		} else {
			set_failure(flaw("form %u, flags %#x: %s", request.form,
					 request.flags,
					 strerrorname_np(seen->error)));
		}
	}
	close(fd);
	description_destroy(seen);
	return NULL;
}

static void map_anew(const struct layout_segment *segment)
{
	munmap((void *)segment->start, segment->len);
	if (memory_map(segment->kind, (void *)segment->start,
		       segment->len / segment->kind->granule, 0))
		set_failure("mapping a segment anew");
}

static void *change(void *arg)
{
	struct tally *tally = arg;
	struct dice dice = dice_with_seed(tally->seed);

	while (!atomic_load(&stop)) {
		const struct layout_segment *segment =
			&layout.segments[dice_roll(&dice, layout.nr)];
		size_t pages = segment->len / PAGE;
		size_t first = dice_roll(&dice, pages);
		void *at = (void *)(segment->start + first * PAGE);
		size_t len = (1 + dice_roll(&dice, pages - first)) * PAGE;

		switch (dice_roll(&dice, 6)) {
		case 0:
			map_anew(segment);
			break;
		case 1:
			madvise(at, len, MADV_DONTNEED);
			break;
		case 2:
			mprotect(at, len, PROT_READ);
			break;
		case 3:
			mprotect(at, len, PROT_READ | PROT_WRITE);
			break;
		default:
			madvise(at, len, MADV_POPULATE_WRITE);
			break;
		}
		tally->other++;
		if (dice_one_in(&dice, 8))
			usleep(1000);
	}
	return NULL;
}

/* Each child has its share of the memory for a moment. */
static void *fork_children(void *arg)
{
	struct tally *tally = arg;

	while (!atomic_load(&stop)) {
		pid_t child = fork();

		if (!child) {
			madvise((void *)layout.start, 200 * PAGE,
				MADV_POPULATE_WRITE);
			_exit(0);
		}
		if (child < 0)
			set_failure("fork");
		else
			waitpid(child, NULL, 0);
		tally->other++;
	}
	return NULL;
}

static bool enough(const struct tally tallies[PINNERS + 2])
{
	return tallies[0].whole > LEAST && tallies[0].part > LEAST &&
	       tallies[PINNERS].other > LEAST &&
	       tallies[PINNERS + 1].other > LEAST;
}

static void test_race(void)
{
	const char *text = getenv("PHYR_SECONDS");
	unsigned int seconds = text		     ? atoi(text)
			       : getenv("PHYR_LONG") ? LONG_SECONDS
						     : SECONDS;
	const uint64_t start = clock_ns();
	const uint64_t end = start + seconds * 1000000000ull;
	const uint64_t last = start + PATIENCE * seconds * 1000000000ull;
	struct tally tallies[PINNERS + 2] = { 0 };
	pthread_t threads[PINNERS + 2];

	layout_case_build(&layout, parts, 5, 512 * PAGE);
	for (int i = 0; i < PINNERS + 2; i++) {
		tallies[i].seed = i;
		pthread_create(&threads[i], NULL,
			       i < PINNERS    ? pin
			       : i == PINNERS ? change
					      : fork_children,
			       &tallies[i]);
	}
	while (!atomic_load(&stop) &&
	       (clock_ns() < end || (clock_ns() < last && !enough(tallies))))
		usleep(50000);
	atomic_store(&stop, true);
	for (int i = 0; i < PINNERS + 2; i++)
		pthread_join(threads[i], NULL);
	layout_clear(&layout);

	for (int i = 0; i < PINNERS; i++)
		note("pinned whole %lu, in part %lu, not at all %lu",
		     tallies[i].whole, tallies[i].part, tallies[i].refused);
	note("changes %lu, forks %lu", tallies[PINNERS].other,
	     tallies[PINNERS + 1].other);
	if (failure)
		fail("%s", failure);
	assert_true(enough(tallies));
}

static void setup(void)
{
	close(test_device_open_or_skip());
	layout_case_prepare();
}

static const struct test_case tests[] = {
	TEST(test_race),
};

TEST_MAIN(.setup = setup)
