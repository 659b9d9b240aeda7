// SPDX-License-Identifier: GPL-2.0-only
/* The family gup: pinning memory, as pages or as phyrs. */
#include <unistd.h>

#include <phyr/gup.h>
#include <phyr/test_device.h>

#include "families.h"

enum {
	SERIES_PIN,
	SERIES_UNPIN
};

static int probe(const char *device, struct phyr_error *error)
{
	int fd, ret;

	(void)device;
	ret = phyr_test_open(&fd, error);
	if (!ret)
		close(fd);
	return ret;
}

/* One ioctl carries out all rounds, so @stop cannot end them early. */
static int measure(const struct phyr_task *task, struct phyr_error *error)
{
	int fd, ret;

	ret = phyr_test_open(&fd, error);
	if (ret)
		return ret;
	phyr_parameters_add_text(task->parameters, "gup_flags",
				 "write, longterm");
	ret = phyr_gup_bench(fd, task->form, task->backing->addr, task->size,
			     task->warmup, task->samples,
			     task->series[SERIES_PIN],
			     task->series[SERIES_UNPIN], error);
	close(fd);
	return ret;
}

const struct phyr_family family_gup = {
	.name = "gup",
	.forms =
		(const char *const[]){
			[PHYR_GUP_PAGES] = "pages",
			[PHYR_GUP_PHYRS] = "phyrs",
			NULL,
		},
	.series =
		(const char *const[]){
			[SERIES_PIN] = "pin",
			[SERIES_UNPIN] = "unpin",
			NULL,
		},
	.ranges = 1,
	.summary =
		"pinning or unpinning memory in the kernel (get_user_pages), described as an array of pages or as phyrs",
	.probe = probe,
	.measure = measure,
};
