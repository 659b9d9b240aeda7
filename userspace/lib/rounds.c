// SPDX-License-Identifier: GPL-2.0-only
/* The loop of every measurement that the kernel does not carry out itself. */
#include <errno.h>

#include "marks.h"
#include "rounds.h"

/* Callbacks of RCU take a few ticks. Where time jumps while the machine is idle, this costs none. */
#define SETTLE_NS 100000000

static void settle(void)
{
	struct timespec tick, until;
	uint64_t tick_ns, ns;

	clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	tick_ns = (uint64_t)tick.tv_nsec;
	ns = phyr_clock_ns() + SETTLE_NS;
	ns += tick_ns - ns % tick_ns + tick_ns / 16;
	until.tv_sec = (time_t)(ns / 1000000000);
	until.tv_nsec = (long)(ns % 1000000000);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) ==
	       EINTR)
		;
}

int rounds_measure(const struct phyr_task *task,
		   const struct phyr_family *family, round_fn *round,
		   void *subject, struct phyr_error *error)
{
	unsigned int rounds = task->warmup + task->samples;
	uint64_t ns[PHYR_SERIES_MAX] = { 0 };
	int ret;

	/* What was timed up to here was preparation. */
	MARK(MARK_ROUNDS);
	for (unsigned int i = 0; i < rounds; i++) {
		if (atomic_load_explicit(task->stop, memory_order_relaxed))
			return phyr_error_set(error, -ECANCELED, "stopped");
		if (task->settle)
			settle();
		ret = round(task, subject, ns, error);
		if (ret)
			return ret;
		if (i < task->warmup)
			continue;
		for (int s = 0; family->series[s]; s++)
			task->series[s][i - task->warmup] = ns[s];
		if (task->done)
			atomic_store_explicit(task->done, i - task->warmup + 1,
					      memory_order_relaxed);
	}
	return 0;
}
