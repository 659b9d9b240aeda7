// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "rounds.h"

int rounds_measure(const struct phyr_task *task, round_fn round, int fd,
		   struct phyr_error *error)
{
	unsigned int rounds = task->warmup + task->samples;
	uint64_t ns;
	int ret;

	for (unsigned int i = 0; i < rounds; i++) {
		if (atomic_load_explicit(task->stop, memory_order_relaxed))
			return phyr_error_set(error, -ECANCELED, "stopped");
		ret = round(task, fd, &ns, error);
		if (ret)
			return ret;
		if (i >= task->warmup)
			task->series[0][i - task->warmup] = ns;
	}
	return 0;
}
