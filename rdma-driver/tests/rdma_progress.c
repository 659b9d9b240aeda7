// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transfers get on, and move the right bytes: while a thread changes the queue
 * pair of the other end, and while the connection has little space for data.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "area.h"
#include "pair_program.h"
#include "pattern.h"

#define SECONDS 60 /* a transfer that waits for ever ends the program */
#define TRANSFERS 3000
#define SHORT 5000ul
#define LONG (1ul << 20)
#define LONG_TRANSFERS 8
#define SEND_SPACE "/proc/sys/net/ipv4/tcp_wmem"

static struct area area;

static const struct direction {
	const char *name;
	enum ibv_wr_opcode opcode;
} directions[] = {
	{ "write", IBV_WR_RDMA_WRITE },
	{ "read", IBV_WR_RDMA_READ },
};

static void transfer(enum ibv_wr_opcode opcode, size_t len, uint64_t seed)
{
	char *from = opcode == IBV_WR_RDMA_READ ? area.start : buffer;
	char *to = opcode == IBV_WR_RDMA_READ ? buffer : area.start;

	pattern_fill(from, len, seed);
	memset(to, 0, len);
	assert_int_equal(pair_transfer(&pair, opcode, buffer_range(buffer, len),
				       (uintptr_t)area.start, area.mr->rkey,
				       PAIR_SGES),
			 IBV_WC_SUCCESS);
	assert_memory_equal(to, from, len);
}

static atomic_bool done;

/* A state that it is in already, and rights that it has: nothing changes. */
static void *modify(void *qp)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTS,
		.qp_access_flags = ALL_ACCESS & ~IBV_ACCESS_MW_BIND,
	};
	intptr_t times = 0;

	while (!atomic_load(&done))
		if (!ibv_modify_qp(qp, &attr,
				   IBV_QP_STATE | IBV_QP_ACCESS_FLAGS))
			times++;
	return (void *)times;
}

static void test_modified(void)
{
	const struct direction *direction = test_element();
	pthread_t thread;
	void *times;

	alarm(SECONDS);
	area_open(&area, LONG);
	atomic_store(&done, false);
	assert_int_equal(
		pthread_create(&thread, NULL, modify, pair.rdma->qp[1]), 0);
	for (int i = 0; i < (slow_kernel() ? TRANSFERS / 8 : TRANSFERS); i++)
		transfer(direction->opcode, SHORT, i);
	atomic_store(&done, true);
	pthread_join(thread, &times);
	assert_true((intptr_t)times > 0);
	area_close(&area);
	alarm(0);
}

static void send_space(char text[64], const char *mode)
{
	FILE *file = fopen(SEND_SPACE, mode);

	assert_non_null(file);
	if (*mode == 'r')
		assert_non_null(fgets(text, 64, file));
	else
		fputs(text, file);
	fclose(file);
}

static void test_little_space(void)
{
	const struct direction *direction = test_element();
	char usual[64], little[64] = "4096 4096 4096";

	if (!phyr_rdma_is_iwarp(pair.device))
		skip("it has no connection");
	alarm(SECONDS);
	send_space(usual, "r");
	send_space(little, "w");
	pair_reconnect(&pair);
	send_space(usual, "w");
	area_open(&area, LONG);
	for (int i = 0; i < LONG_TRANSFERS; i++)
		transfer(direction->opcode, LONG, i);
	area_close(&area);
	pair_reconnect(&pair);
	alarm(0);
}

static const struct test_case tests[] = {
	TEST_EACH(test_little_space, directions),
	TEST_EACH(test_modified, directions),
};

PAIR_PROGRAM(.buffer_len = LONG)
