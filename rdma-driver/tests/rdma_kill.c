// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process that is killed ends at once, whatever its queue pairs are doing,
 * and in whatever state they are.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock_ns.h"
#include "dice.h"
#include "harness.h"
#include "pair.h"

#define AREA_LEN (8ul << 20)
#define REQUESTS 8
#define KILLS 3 /* of each work, at different moments; one where it is slow */
#define MOST_WORK_NS 20000000
#define MOST_NS 10000000000ull /* until it has ended */

enum work {
	NOTHING,
	WRITES,
	READS,
	ATOMICS,
	SENDS_WITHOUT_RECEIVE,
	RECEIVES,
	WINDOWS,
	WORKS,
};

static const char *const work_names[WORKS] = {
	"nothing",  "writes",  "reads", "atomics", "sends without receive",
	"receives", "windows",
};

static struct pair pair;
static char *area;
static struct ibv_mr *mr;

/*
 * A window that is older than the queue pair it is bound to: at the end of a
 * process, what was made last goes first.
 */
static void bind_windows(void)
{
	struct ibv_mw *windows[2];

	for (int end = 0; end < 2; end++) {
		windows[end] = ibv_alloc_mw(pair.device->pd, IBV_MW_TYPE_2);
		if (!windows[end])
			return;
	}
	pair_reconnect(&pair);
	for (int end = 0; end < 2; end++) {
		struct ibv_send_wr wr = {
			.opcode = IBV_WR_BIND_MW,
			.bind_mw = {
				.mw = windows[end],
				.rkey = ibv_inc_rkey(windows[end]->rkey),
				.bind_info = {
					.mr = mr,
					.addr = (uintptr_t)area,
					.length = AREA_LEN,
					.mw_access_flags =
						IBV_ACCESS_REMOTE_READ,
				},
			},
		}, *bad;

		assert_int_equal(ibv_post_send(pair.rdma->qp[end], &wr, &bad),
				 0);
	}
}

static void post_receives(struct ibv_qp *qp)
{
	struct ibv_sge sge = { (uintptr_t)area, 4096, mr->lkey };
	struct ibv_recv_wr wr = { .sg_list = &sge, .num_sge = 1 }, *bad;

	for (int i = 0; i < REQUESTS; i++)
		ibv_post_recv(qp, &wr, &bad);
}

/* What cannot be posted in this state is not. */
static void post(struct ibv_qp *qp, enum work work)
{
	struct ibv_sge sge = { (uintptr_t)area, AREA_LEN / 2, mr->lkey };
	struct ibv_send_wr wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = work == WRITES  ? IBV_WR_RDMA_WRITE
			  : work == READS ? IBV_WR_RDMA_READ
			  : work == ATOMICS ? IBV_WR_ATOMIC_FETCH_AND_ADD
					    : IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED,
	}, *bad;

	if (work == ATOMICS) {
		sge.length = 8;
		wr.wr.atomic.remote_addr = (uintptr_t)area + AREA_LEN / 2;
		wr.wr.atomic.rkey = mr->rkey;
	} else {
		wr.wr.rdma.remote_addr = (uintptr_t)area + AREA_LEN / 2;
		wr.wr.rdma.rkey = mr->rkey;
	}
	if (work == RECEIVES)
		post_receives(qp);
	else if (work != NOTHING && work != WINDOWS)
		for (int i = 0; i < REQUESTS; i++)
			ibv_post_send(qp, &wr, &bad);
}

static void modify(struct ibv_qp *qp, struct ibv_qp_attr *attr,
		   enum ibv_qp_state state, int mask)
{
	attr->qp_state = state;
	if (ibv_modify_qp(qp, attr, IBV_QP_STATE | mask))
		skip("no such state: %s", strerror(errno));
}

/* From RTS to @state, with the same attributes. */
static void change_state(struct ibv_qp *qp, enum ibv_qp_state state)
{
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;

	assert_int_equal(
		ibv_query_qp(qp, &attr,
			     IBV_QP_STATE | IBV_QP_AV | IBV_QP_DEST_QPN, &init),
		0);
	if (state == IBV_QPS_RTS)
		return;
	if (state == IBV_QPS_ERR || state == IBV_QPS_SQD ||
	    state == IBV_QPS_RESET) {
		modify(qp, &attr, state, 0);
		return;
	}
	modify(qp, &attr, IBV_QPS_RESET, 0);
	attr.qp_access_flags = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ;
	modify(qp, &attr, IBV_QPS_INIT,
	       IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
	if (state == IBV_QPS_INIT)
		return;
	attr.rq_psn = 0;
	modify(qp, &attr, IBV_QPS_RTR,
	       IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
		       IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
}

/**
 * struct situation - of the two ends when the process is killed
 * @name: for messages
 * @states: of the ends, after the work has begun
 * @by_iwarp: iWARP has such states
 */
static const struct situation {
	const char *name;
	enum ibv_qp_state states[2];
	bool by_iwarp;
} situations[] = {
	{ "connected", { IBV_QPS_RTS, IBV_QPS_RTS }, true },
	{ "requester in error", { IBV_QPS_ERR, IBV_QPS_RTS }, true },
	{ "responder in error", { IBV_QPS_RTS, IBV_QPS_ERR }, true },
	{ "both in error", { IBV_QPS_ERR, IBV_QPS_ERR }, true },
	{ "requester reset", { IBV_QPS_RESET, IBV_QPS_RTS }, false },
	{ "responder reset", { IBV_QPS_RTS, IBV_QPS_RESET }, false },
	{ "requester initialized", { IBV_QPS_INIT, IBV_QPS_RTS }, false },
	{ "responder initialized", { IBV_QPS_RTS, IBV_QPS_INIT }, false },
	{ "requester ready to receive", { IBV_QPS_RTR, IBV_QPS_RTS }, false },
	{ "responder ready to receive", { IBV_QPS_RTS, IBV_QPS_RTR }, false },
	{ "requester drained", { IBV_QPS_SQD, IBV_QPS_RTS }, false },
	{ "responder drained", { IBV_QPS_RTS, IBV_QPS_SQD }, false },
};

static const struct situation *situation;
static enum work work;
static int ready;

static void make_region(void)
{
	area = mmap(NULL, AREA_LEN, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(area, MAP_FAILED);
	mr = ibv_reg_mr(pair.device->pd, area, AREA_LEN, ALL_ACCESS);
	assert_non_null(mr);
}

/* Both ends work until the process is killed. */
static void child(void)
{
	pair_open(&pair);
	if (phyr_rdma_is_iwarp(pair.device) && !situation->by_iwarp)
		skip("not a state of iWARP");
	make_region();
	if (work == WINDOWS)
		bind_windows();
	for (int end = 0; end < 2; end++)
		post(pair.rdma->qp[end], work);
	for (int end = 0; end < 2; end++)
		change_state(pair.rdma->qp[end], situation->states[end]);
	assert_int_equal(write(ready, "", 1), 1);
	for (;;)
		for (int end = 0; end < 2; end++) {
			struct ibv_wc wc[16];

			ibv_poll_cq(pair.rdma->cq, 16, wc);
			post(pair.rdma->qp[end], work);
		}
}

/* Kill a process that works for @ns. */
static void kill_after(long ns)
{
	const struct timespec pause = { .tv_nsec = ns };
	int pipes[2], status;
	uint64_t start;
	pid_t pid;
	char byte;

	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	if (!pid) {
		ready = pipes[1];
		close(pipes[0]);
		child();
		_exit(KSFT_FAIL);
	}
	close(pipes[1]);
	if (read(pipes[0], &byte, 1) == 1)
		nanosleep(&pause, NULL);
	close(pipes[0]);
	start = clock_ns();
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	start = clock_ns() - start;
	if (WIFEXITED(status) && WEXITSTATUS(status) == KSFT_SKIP)
		skip("see above");
	assert_true(WIFSIGNALED(status));
	if (start > MOST_NS)
		fail("%s: %lu s until it ended", work_names[work],
		     (unsigned long)(start / 1000000000));
}

static void test_killed(void)
{
	struct dice dice = dice_with_seed(KILLS);

	situation = test_element();
	for (work = 0; work < WORKS; work++)
		for (int i = 0; i < (slow_kernel() ? 1 : KILLS); i++)
			kill_after((long)dice_roll(&dice, MOST_WORK_NS));
}

static void setup(void)
{
	/* It is skipped here if there is no device. */
	phyr_device_close(rdma_device_open());
}

static const struct test_case tests[] = {
	TEST_EACH(test_killed, situations),
};

TEST_MAIN(.setup = setup)
