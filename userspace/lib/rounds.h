/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ROUNDS_H
#define ROUNDS_H

#include <phyr/workload.h>

/**
 * typedef round_fn - one round of a measurement
 * @subject: what it is done with
 * @ns: where its time goes, one for each series of the family
 *
 * Return: 0, or -errno and what failed.
 */
typedef int round_fn(const struct phyr_task *task, void *subject,
		     uint64_t ns[PHYR_SERIES_MAX], struct phyr_error *error);

/**
 * rounds_measure() - warm-up and samples, for what is timed in user space
 * @family: whose series are filled
 *
 * Looks at @task->stop before each round. With @task->settle a round begins when
 * what earlier ones have deferred is done, and just after a tick: one that takes
 * less than a tick has none in it.
 *
 * Return: 0 or -errno.
 */
int rounds_measure(const struct phyr_task *task,
		   const struct phyr_family *family, round_fn *round,
		   void *subject, struct phyr_error *error);

#endif
