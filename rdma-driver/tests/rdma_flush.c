// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each work request that is posted gets a completion, in its order: also one
 * that meets the end of a connection, or comes long after it.
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include "clock_ns.h"
#include "dice.h"
#include "pair_program.h"

#define MOST_NS 10000000000ull /* until a request completes */
#define MOST_WORK_NS 3000000
#define BURST 8
#define ROUNDS 40
#define LONG (8ul << 20)
#define SHORT 64ul

static unsigned int rounds(void)
{
	return slow_kernel() ? ROUNDS / 6 : ROUNDS;
}

static void change_state(struct ibv_qp *qp, enum ibv_qp_state state)
{
	struct ibv_qp_attr attr = { .qp_state = state };

	assert_int_equal(ibv_modify_qp(qp, &attr, IBV_QP_STATE), 0);
}

static void post_with_key(enum ibv_wr_opcode opcode, size_t len, uint32_t lkey,
			  uint64_t id)
{
	struct ibv_sge sge = { (uintptr_t)buffer, len, lkey };
	struct ibv_send_wr wr = {
		.wr_id = id,
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = opcode,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.rdma = { (uintptr_t)buffer + len, buffer_mr->rkey },
	}, *bad;
	int ret = ibv_post_send(pair.rdma->qp[0], &wr, &bad);

	if (ret)
		fail("request %lu is refused: %s", (unsigned long)id,
		     strerror(ret < 0 ? -ret : ret));
}

static void post(uint64_t id)
{
	post_with_key(IBV_WR_RDMA_WRITE, SHORT, buffer_mr->lkey, id);
}

static enum ibv_wc_status await(uint64_t id)
{
	const uint64_t start = clock_ns();
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;
	struct ibv_wc wc;
	int nr;

	while (!(nr = ibv_poll_cq(pair.rdma->cq, 1, &wc))) {
		if (clock_ns() - start < MOST_NS)
			continue;
		ibv_query_qp(pair.rdma->qp[0], &attr, IBV_QP_STATE, &init);
		fail("request %lu gets no completion, the state is %d",
		     (unsigned long)id, attr.qp_state);
	}
	assert_int_equal(nr, 1);
	assert_int_equal(wc.wr_id, id);
	return wc.status;
}

static void check_burst(uint64_t id, unsigned int nr)
{
	for (uint64_t i = id; i < id + nr; i++)
		post(i);
	for (uint64_t i = id; i < id + nr; i++)
		assert_int_equal(await(i), IBV_WC_WR_FLUSH_ERR);
}

/* One by one, and as many as the queue holds, several times. */
static void check_flushed(uint64_t id)
{
	for (int i = 0; i < 3 * PHYR_RDMA_MAX_WR; i++)
		check_burst(id++, 1);
	for (int i = 0; i < 3; i++, id += PHYR_RDMA_MAX_WR)
		check_burst(id, PHYR_RDMA_MAX_WR);
}

/**
 * struct ending - how a connection ends
 * @name: for messages
 * @end: of the pair, the one that is modified
 * @state: to this one
 * @iwarp_only: others have no connection, or go on in this state
 */
static const struct ending {
	const char *name;
	int end;
	enum ibv_qp_state state;
	bool iwarp_only;
} endings[] = {
	{ "error", 0, IBV_QPS_ERR, false },
	{ "closed", 0, IBV_QPS_SQD, true },
	{ "terminated", 0, IBV_QPS_SQE, true },
	{ "error of the peer", 1, IBV_QPS_ERR, true },
	{ "closed by the peer", 1, IBV_QPS_SQD, true },
};

static const struct ending *this_ending(void)
{
	const struct ending *ending = test_element();

	if (ending->iwarp_only && !phyr_rdma_is_iwarp(pair.device))
		skip("it has no connection");
	pair_reconnect(&pair);
	return ending;
}

static void test_afterwards(void)
{
	const struct ending *ending = this_ending();
	uint64_t id = 0;

	change_state(pair.rdma->qp[ending->end], ending->state);
	do {
		post(id);
	} while (await(id++) == IBV_WC_SUCCESS);
	check_flushed(id);
}

/* What is posted is long, so that it is under way, or waits. */
static void test_under_way(void)
{
	const struct ending *ending = this_ending();

	for (int read = 0; read < 2; read++, pair_reconnect(&pair)) {
		for (int i = 0; i < BURST; i++)
			post_with_key(read ? IBV_WR_RDMA_READ
					   : IBV_WR_RDMA_WRITE,
				      LONG, buffer_mr->lkey, i);
		change_state(pair.rdma->qp[ending->end], ending->state);
		for (int i = 0; i < BURST; i++)
			await(i);
	}
}

/* A request that fails by itself ends the connection. */
static void test_behind_failure(void)
{
	pair_reconnect(&pair);
	post_with_key(IBV_WR_RDMA_WRITE, SHORT, ~buffer_mr->lkey, 0);
	assert_int_not_equal(await(0), IBV_WC_SUCCESS);
	check_flushed(1);
}

/**
 * struct stop - a thread that ends the connection
 * @ending: how
 * @ns: after so long
 * @error: of ibv_modify_qp()
 */
struct stop {
	const struct ending *ending;
	long ns;
	int error;
};

static void *end_later(void *argument)
{
	struct stop *stop = argument;
	struct ibv_qp_attr attr = { .qp_state = stop->ending->state };

	nanosleep(&(struct timespec){ .tv_nsec = stop->ns }, NULL);
	stop->error = ibv_modify_qp(pair.rdma->qp[stop->ending->end], &attr,
				    IBV_QP_STATE);
	return NULL;
}

static void test_meanwhile(void)
{
	const struct ending *ending = this_ending();
	struct dice dice = dice_with_seed(BURST);
	unsigned long done = 0;

	for (unsigned int round = 0; round < rounds();
	     round++, pair_reconnect(&pair)) {
		/* A test that fails ends before its thread. */
		static struct stop stop;
		pthread_t thread;
		bool ended = false;
		uint64_t id = 0;

		stop = (struct stop){
			.ending = ending,
			.ns = (long)dice_roll(&dice, MOST_WORK_NS),
		};
		assert_int_equal(
			pthread_create(&thread, NULL, end_later, &stop), 0);
		while (!ended) {
			uint64_t end = id + 1 + dice_roll(&dice, BURST);

			/* The other thread may be on this CPU. */
			sched_yield();
			for (uint64_t i = id; i < end; i++)
				post(i);
			for (; id < end; id++) {
				bool success = await(id) == IBV_WC_SUCCESS;

				/* What follows is not to be done. */
				assert_false(ended && success);
				ended = !success;
				done += success;
			}
		}
		pthread_join(thread, NULL);
		assert_int_equal(stop.error, 0);
		check_burst(id, 1);
		check_burst(id + 1, BURST);
	}
	note("%lu requests were done before the end", done);
}

static const struct test_case tests[] = {
	TEST_EACH(test_afterwards, endings),
	TEST_EACH(test_under_way, endings),
	TEST(test_behind_failure),
	TEST_EACH(test_meanwhile, endings),
};

PAIR_PROGRAM(.buffer_len = 2 * LONG)
