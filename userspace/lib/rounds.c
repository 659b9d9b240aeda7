// SPDX-License-Identifier: GPL-2.0-only
/* The loop of every measurement that the kernel does not carry out itself. */
#include <errno.h>

#include "rounds.h"
#include "waiting.h"

int rounds_measure(const struct phyr_task *task,
		   const struct phyr_family *family, round_fn *round,
		   void *subject, struct phyr_error *error)
{
	unsigned int rounds = task->warmup + task->samples;
	uint64_t ns[PHYR_SERIES_MAX] = { 0 };
	int ret;

	for (unsigned int i = 0; i < rounds; i++) {
		if (atomic_load_explicit(task->stop, memory_order_relaxed))
			return phyr_error_set(error, -ECANCELED, "stopped");
		if (task->settle)
			waiting_settle();
		ret = round(task, subject, ns, error);
		if (ret)
			return ret;
		if (i < task->warmup)
			continue;
		for (int s = 0; family->series[s]; s++)
			task->series[s][i - task->warmup] = ns[s];
	}
	return 0;
}
