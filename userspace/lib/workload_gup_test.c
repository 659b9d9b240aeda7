// SPDX-License-Identifier: GPL-2.0-only
/* The family gup_test: pinning pages, by the kernel's own benchmark. */
#include <unistd.h>

#include <phyr/gup_test.h>

#include "families.h"
#include "rounds.h"

static int probe(const char *device, struct phyr_error *error)
{
	int fd, ret;

	(void)device;
	ret = phyr_gup_test_open(&fd, error);
	if (!ret)
		close(fd);
	return ret;
}

static int pin_fast(const struct phyr_task *task, void *subject,
		    uint64_t ns[PHYR_SERIES_MAX], struct phyr_error *error)
{
	const int *fd = subject;

	return phyr_gup_test_pin_fast(*fd, task->backing->addr, task->size,
				      &ns[0], error);
}

static int measure(const struct phyr_task *task, struct phyr_error *error)
{
	int fd, ret;

	ret = phyr_gup_test_open(&fd, error);
	if (ret)
		return ret;
	phyr_parameters_add_text(task->parameters, "gup_flags", "write");
	phyr_parameters_add_number(task->parameters, "resolution_ns", 1000);
	ret = rounds_measure(task, &family_gup_test, pin_fast, &fd, error);
	close(fd);
	return ret;
}

const struct phyr_family family_gup_test = {
	.name = "gup_test",
	.series = (const char *const[]){ "pin_fast", NULL },
	.ranges = 1,
	.summary =
		"one pin_user_pages_fast() of the whole range, by the kernel's own gup_test, in whole microseconds",
	.probe = probe,
	.measure = measure,
};
