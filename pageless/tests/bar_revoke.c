// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is taken from a region: what requests get, and that no byte is
 * written to it once the call that took it has returned.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <phyr/clock.h>
#include <phyr/dmabuf_mr.h>

#include "bar.h"
#include "content.h"
#include "dice.h"
#include "pair_program.h"

#define PAGE 4096ul
#define START (32 * PAGE) /* of the buffer, in the memory */
#define LEN (64ul << 10)
#define ACCESS                                              \
	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | \
	 IBV_ACCESS_REMOTE_READ)
#define MANY 256
#define ROUNDS 200
#define LAST_CONTENT 77

static struct bar bar;
static int buf = -1;

static unsigned int rounds(void)
{
	const char *more = getenv("PHYR_ROUNDS");

	return more ? strtoul(more, NULL, 0) : ROUNDS;
}

static int try_register(struct phyr_dmabuf_mr *mr)
{
	return phyr_dmabuf_mr_register(pair.device->pd, buf, 0, LEN, 0, ACCESS,
				       mr, NULL, NULL);
}

static struct phyr_dmabuf_mr region(void)
{
	struct phyr_dmabuf_mr mr;

	assert_errno_equal(-try_register(&mr), 0);
	return mr;
}

static void end(struct phyr_dmabuf_mr *mr)
{
	assert_errno_equal(-phyr_dmabuf_mr_deregister(mr, NULL, NULL), 0);
}

static enum ibv_wc_status write_to(const struct phyr_dmabuf_mr *mr)
{
	return pair_transfer(&pair, IBV_WR_RDMA_WRITE,
			     buffer_range(buffer, LEN), 0, mr->rkey, 1);
}

static enum ibv_wc_status read_into(const struct phyr_dmabuf_mr *mr)
{
	return pair_transfer(&pair, IBV_WR_RDMA_READ,
			     (struct pair_range){ 0, LEN, mr->lkey },
			     (uintptr_t)buffer, buffer_mr->rkey, 1);
}

static enum ibv_wc_status write_from(const struct phyr_dmabuf_mr *mr)
{
	return pair_transfer(&pair, IBV_WR_RDMA_WRITE,
			     (struct pair_range){ 0, LEN, mr->lkey },
			     (uintptr_t)buffer, buffer_mr->rkey, 1);
}

/* A region whose memory went is of no use, and another one works. */
static void test_idle(void)
{
	struct phyr_dmabuf_mr dead = region(), alive;
	struct pair_range local = buffer_range(buffer, LEN);

	assert_int_equal(write_to(&dead), IBV_WC_SUCCESS);
	bar_revoke(&bar);
	assert_int_equal(bar_mappings(&bar), 0);
	assert_true(
		pair_refuses(&pair, IBV_WR_RDMA_WRITE, local, 0, dead.rkey));
	assert_true(pair_refuses(&pair, IBV_WR_RDMA_READ, local, 0, dead.rkey));
	assert_int_not_equal(write_from(&dead), IBV_WC_SUCCESS);
	assert_int_not_equal(read_into(&dead), IBV_WC_SUCCESS);

	bar_restore(&bar);
	assert_true(
		pair_refuses(&pair, IBV_WR_RDMA_WRITE, local, 0, dead.rkey));
	alive = region();
	assert_int_equal(write_to(&alive), IBV_WC_SUCCESS);
	end(&alive);
	end(&dead);
}

/* Who has the key of a dead region cannot reach another one by it. */
static void test_key_is_taken(void)
{
	struct phyr_dmabuf_mr dead = region(), others[MANY];

	bar_revoke(&bar);
	bar_restore(&bar);
	for (int i = 0; i < MANY; i++) {
		others[i] = region();
		assert_int_not_equal(others[i].rkey >> 8, dead.rkey >> 8);
	}
	for (int i = 0; i < MANY; i++)
		end(&others[i]);
	end(&dead);
}

static void test_twice(void)
{
	struct phyr_dmabuf_mr mr = region();

	bar_revoke(&bar);
	bar_revoke(&bar);
	bar_restore(&bar);
	bar_restore(&bar);
	end(&mr);
}

/**
 * struct traffic - a thread that works on a region until that fails
 * @mr: the region
 * @first: what its first request is, then it takes turns
 * @done: requests that succeeded
 * @ended: one has failed
 * @status: of the last one
 */
struct traffic {
	struct phyr_dmabuf_mr mr;
	unsigned int first;
	atomic_uint done;
	atomic_bool ended;
	enum ibv_wc_status status;
};

static void *work(void *argument)
{
	static enum ibv_wc_status (*const requests[])(
		const struct phyr_dmabuf_mr *) = { write_to, read_into };
	struct traffic *traffic = argument;

	do {
		unsigned int turn = traffic->first + traffic->done;

		traffic->status = requests[turn % 2](&traffic->mr);
		if (traffic->status == IBV_WC_SUCCESS)
			traffic->done++;
	} while (traffic->status == IBV_WC_SUCCESS);
	traffic->ended = true;
	return NULL;
}

static void wait_ns(long ns)
{
	nanosleep(&(struct timespec){ .tv_nsec = ns }, NULL);
}

static void test_traffic(void)
{
	struct dice dice = dice_with_seed(9);
	unsigned int nr = rounds(), requests = 0;

	if (!bar.raw)
		skip("there is no way to write to revoked memory");
	for (unsigned int round = 0; round < nr; round++) {
		struct traffic traffic = { .mr = region(), .first = round };
		uint8_t *memory = bar.raw + START;
		uint8_t mark = 0x80 | round;
		pthread_t thread;
		bool early;

		/* No byte of the buffer is a mark. */
		memset(buffer, round & 0x7f, LEN);
		assert_int_equal(pthread_create(&thread, NULL, work, &traffic),
				 0);
		while (!traffic.done && !traffic.ended)
			wait_ns(100000);
		wait_ns(dice_roll(&dice, 2000000));
		early = traffic.ended;
		bar_revoke(&bar);
		memset(memory, mark, LEN);
		wait_ns(dice_roll(&dice, 1000000));
		pthread_join(thread, NULL);
		if (early)
			fail("round %u: %s before there was a reason", round,
			     ibv_wc_status_str(traffic.status));
		for (size_t i = 0; i < LEN; i++)
			if (memory[i] != mark)
				fail("round %u: byte %zu was written later",
				     round, i);
		/* What an iWARP request gets is that the connection ended. */
		if (!phyr_rdma_is_iwarp(pair.device) &&
		    traffic.status != IBV_WC_REM_ACCESS_ERR &&
		    traffic.status != IBV_WC_LOC_PROT_ERR &&
		    traffic.status != IBV_WC_LOC_QP_OP_ERR)
			fail("round %u: %s", round,
			     ibv_wc_status_str(traffic.status));
		requests += traffic.done;
		end(&traffic.mr);
		bar_restore(&bar);
	}
	note("%u revocations, %u requests before them", nr, requests);
}

static void test_many_at_once(void)
{
	struct phyr_dmabuf_mr mrs[MANY];
	uint64_t start, ns;

	for (int i = 0; i < MANY; i++)
		mrs[i] = region();
	assert_int_equal(bar_mappings(&bar), MANY);
	start = phyr_clock_ns();
	bar_revoke(&bar);
	ns = phyr_clock_ns() - start;
	assert_int_equal(bar_mappings(&bar), 0);
	note("%d regions: %llu us", MANY, (unsigned long long)ns / 1000);
	assert_in_range(ns, 0, 1000000000);
	for (int i = 0; i < MANY; i++)
		end(&mrs[i]);
	bar_restore(&bar);
}

static atomic_bool stop;

/* Registers and deregisters, whether there is memory or not. */
static void *come_and_go(void *result)
{
	struct phyr_dmabuf_mr mr;
	int ret = 0;

	while (!stop && !ret) {
		ret = try_register(&mr);
		if (!ret)
			ret = phyr_dmabuf_mr_deregister(&mr, NULL, NULL);
		else if (ret == -ENODEV)
			ret = 0;
	}
	*(int *)result = ret;
	return NULL;
}

static void test_against_registration(void)
{
	pthread_t threads[3];
	int results[3] = { 0 };

	stop = false;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, come_and_go,
						&results[i]),
				 0);
	for (unsigned int i = 0; i < rounds(); i++) {
		bar_revoke(&bar);
		wait_ns(200000);
		bar_restore(&bar);
		wait_ns(500000);
	}
	stop = true;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 3; i++)
		assert_errno_equal(-results[i], 0);
	assert_int_equal(bar_mappings(&bar), 0);
}

static void open_memory(void)
{
	const struct dmabuf_test_range range = { START, LEN };

	bar_open(&bar);
	buf = bar_export(&bar, &range, 1);
}

/* The host knows what is there then, and that nothing else changed. */
static void close_memory(void)
{
	content_fill(bar.bytes + START, LEN, LAST_CONTENT, 0);
	bar_log_fill(START, LEN, LAST_CONTENT, 0);
	close(buf);
	bar_close(&bar);
}

static const struct test_case tests[] = {
	TEST(test_idle),    TEST(test_key_is_taken),
	TEST(test_twice),   TEST(test_many_at_once),
	TEST(test_traffic), TEST(test_against_registration),
};

PAIR_PROGRAM(.buffer_len = LEN, .setup = open_memory, .teardown = close_memory)
