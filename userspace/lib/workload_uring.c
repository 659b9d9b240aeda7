// SPDX-License-Identifier: GPL-2.0-only
/* The family uring: registering memory as a buffer of io_uring. */
#include <phyr/uring.h>

#include "families.h"
#include "rounds.h"

enum {
	SERIES_REGISTER,
	SERIES_UNREGISTER
};

static int probe(const char *device, struct phyr_error *error)
{
	struct phyr_uring *uring;
	int ret;

	(void)device;
	ret = phyr_uring_open(PHYR_URING_PLAIN, &uring, error);
	if (!ret)
		phyr_uring_close(uring);
	return ret;
}

static int register_and_unregister(const struct phyr_task *task, void *subject,
				   uint64_t ns[PHYR_SERIES_MAX],
				   struct phyr_error *error)
{
	struct phyr_uring *uring = subject;
	int ret;

	ret = phyr_uring_register(uring, task->backing->addr, task->size,
				  &ns[SERIES_REGISTER], error);
	return ret ? ret
		   : phyr_uring_unregister(uring, &ns[SERIES_UNREGISTER],
					   error);
}

static int measure(const struct phyr_task *task, struct phyr_error *error)
{
	struct phyr_uring *uring;
	int ret;

	ret = phyr_uring_open(PHYR_URING_PLAIN, &uring, error);
	if (ret)
		return ret;
	ret = rounds_measure(task, &family_uring, register_and_unregister,
			     uring, error);
	phyr_uring_close(uring);
	return ret;
}

const struct phyr_family family_uring = {
	.name = "uring",
	.series =
		(const char *const[]){
			[SERIES_REGISTER] = "register",
			[SERIES_UNREGISTER] = "unregister",
			NULL,
		},
	.ranges = 1,
	.summary =
		"registering memory as a buffer of io_uring (IORING_REGISTER_BUFFERS), or ending that",
	.probe = probe,
	.measure = measure,
};
