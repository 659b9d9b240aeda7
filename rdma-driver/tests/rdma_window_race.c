// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process writes to its own send queue, which is memory of both, while the
 * kernel handles a request in it: the length of a window is 0 in one moment and
 * not in the next. Whichever is taken, it is taken once.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "area.h"
#include "clock_ns.h"
#include "pair_program.h"

#define AREA_LEN (16 * 4096ul)
#define AT 0x1230 /* of the window */
#define LEN 0x2468
#define MOST_REQUESTS 1024 /* in a queue */
#define RACE_NS 3000000000ull

static struct area area;
static struct ibv_mw *window;

/* Where requests in the queue have the lengths of their windows, in its order. */
static _Atomic uint64_t *lengths[MOST_REQUESTS];
static size_t nr_lengths;
/* Which of them the next request has. */
static atomic_size_t next;

static void bind_once(uint64_t len)
{
	struct ibv_mw_bind bind = {
		.send_flags = IBV_SEND_SIGNALED,
		.bind_info = {
			.mr = area.mr,
			.addr = (uintptr_t)area.start + AT,
			.length = len,
			.mw_access_flags = IBV_ACCESS_REMOTE_READ,
		},
	};

	assert_int_equal(ibv_bind_mw(pair.rdma->qp[1], window, &bind), 0);
	assert_int_equal(pair_await(&pair), IBV_WC_SUCCESS);
}

static void find_in(uint64_t *word, const uint64_t *end)
{
	for (; word + 1 < end && nr_lengths < MOST_REQUESTS; word++)
		if (word[0] == (uintptr_t)area.start + AT && word[1] == LEN)
			lengths[nr_lengths++] = (_Atomic uint64_t *)&word[1];
}

/* The address is followed by the length, in memory that the device has mapped. */
static void find_lengths(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	uintptr_t start, end;
	char line[256];

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		if (strstr(line, "/uverbs") && strstr(line, " rw") &&
		    sscanf(line, "%lx-%lx", &start, &end) == 2)
			find_in((uint64_t *)start, (uint64_t *)end);
	fclose(maps);
	if (!nr_lengths)
		skip("no queue that is mapped has the requests");
	bind_once(LEN + 1);
	while (*lengths[next] != LEN + 1)
		next++;
	next = (next + 1) % nr_lengths;
}

static atomic_bool done;

static void *flip(void *nothing)
{
	while (!atomic_load(&done)) {
		*lengths[next] = 0;
		*lengths[next] = LEN;
	}
	return nothing;
}

static void test_length_changes(void)
{
	pthread_t thread;
	uint64_t end;

	window = ibv_alloc_mw(pair.device->pd, IBV_MW_TYPE_1);
	if (!window)
		skip("no memory windows");
	area_open(&area, AREA_LEN);
	for (int i = 0; i < MOST_REQUESTS; i++)
		bind_once(LEN);
	find_lengths();
	assert_int_equal(pthread_create(&thread, NULL, flip, NULL), 0);
	end = clock_ns() + RACE_NS;
	while (clock_ns() < end) {
		bind_once(LEN);
		next = (next + 1) % nr_lengths;
	}
	atomic_store(&done, true);
	pthread_join(thread, NULL);
	assert_int_equal(ibv_dealloc_mw(window), 0);
	area_close(&area);
}

static const struct test_case tests[] = {
	TEST(test_length_changes),
};

PAIR_PROGRAM()
