// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <unistd.h>

#include <phyr/gup_test.h>

#include "families.h"

static int probe(const char *device, struct phyr_error *error)
{
	int fd, ret;

	(void)device;
	ret = phyr_gup_test_open(&fd, error);
	if (!ret)
		close(fd);
	return ret;
}

static int measure_rounds(const struct phyr_task *task, int fd,
			  struct phyr_error *error)
{
	unsigned int rounds = task->warmup + task->samples;
	uint64_t ns;
	int ret;

	for (unsigned int i = 0; i < rounds; i++) {
		if (atomic_load_explicit(task->stop, memory_order_relaxed))
			return phyr_error_set(error, -ECANCELED, "stopped");
		ret = phyr_gup_test_pin_fast(fd, task->backing->addr,
					     task->size, &ns, error);
		if (ret)
			return ret;
		if (i >= task->warmup)
			task->series[0][i - task->warmup] = ns;
	}
	return 0;
}

static int measure(const struct phyr_task *task, struct phyr_error *error)
{
	int fd, ret;

	ret = phyr_gup_test_open(&fd, error);
	if (ret)
		return ret;
	phyr_parameters_add_text(task->parameters, "gup_flags", "write");
	phyr_parameters_add_number(task->parameters, "resolution_ns", 1000);
	ret = measure_rounds(task, fd, error);
	close(fd);
	return ret;
}

const struct phyr_family phyr_family_gup_test = {
	.name = "gup_test",
	.series = (const char *const[]){ "pin_fast", NULL },
	.ranges = 1,
	.summary =
		"one pin_user_pages_fast() of the whole range, by the kernel's own gup_test, in whole microseconds",
	.probe = probe,
	.measure = measure,
};
