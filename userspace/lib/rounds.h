/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ROUNDS_H
#define ROUNDS_H

#include <phyr/workload.h>

/* One round of the task: 0 and its time in ns, or -errno and what failed. */
typedef int (*round_fn)(const struct phyr_task *task, int fd, uint64_t *ns,
			struct phyr_error *error);

/*
 * Warm-up and samples of the first series, for what is timed in user space.
 * Looks at @task->stop between two rounds. Return: 0 or -errno.
 */
int rounds_measure(const struct phyr_task *task, round_fn round, int fd,
		   struct phyr_error *error);

#endif
