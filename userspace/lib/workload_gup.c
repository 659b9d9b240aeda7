// SPDX-License-Identifier: GPL-2.0-only
/* The family gup: pinning memory, as pages or as phyrs. */
#include <unistd.h>

#include <phyr/gup.h>
#include <phyr/test_device.h>

#include "families.h"

#define ENTRIES_PER_CALL 16

enum {
	SERIES_PIN,
	SERIES_UNPIN,
	SERIES_PIN_RO,
	SERIES_UNPIN_RO,
	SERIES_PIN_BY_16
};

enum {
	ROUNDS_WRITE,
	ROUNDS_READ,
	ROUNDS_BY_16
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
	bool write = task->rounds == ROUNDS_WRITE;
	struct phyr_gup_call call = {
		.form = task->form,
		.addr = task->backing->addr,
		.len = task->size,
		.write = write,
		.warmup = task->warmup,
		.samples = task->samples,
		.pin_ns = task->series[SERIES_PIN],
		.unpin_ns = task->series[SERIES_UNPIN],
	};
	int fd, ret;

	ret = phyr_test_open(&fd, error);
	if (ret)
		return ret;
	phyr_parameters_add_text(task->parameters, "gup_flags",
				 write ? "write, longterm" : "longterm");
	if (!write) {
		call.pin_ns = task->series[SERIES_PIN_RO];
		call.unpin_ns = task->series[SERIES_UNPIN_RO];
	}
	if (task->rounds == ROUNDS_BY_16) {
		phyr_parameters_add_number(task->parameters, "entries_per_call",
					   ENTRIES_PER_CALL);
		call.per_call = ENTRIES_PER_CALL;
		call.pin_ns = task->series[SERIES_PIN_BY_16];
	}
	ret = phyr_gup_bench(fd, &call, error);
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
			[SERIES_PIN_RO] = "pin-ro",
			[SERIES_UNPIN_RO] = "unpin-ro",
			[SERIES_PIN_BY_16] = "pin-by-16",
			NULL,
		},
	.rounds =
		(const struct phyr_rounds[]){
			[ROUNDS_WRITE] = { .series = 2 },
			[ROUNDS_READ] = { .series = 2, .read_only = true },
			[ROUNDS_BY_16] = { .series = 1, .read_only = true },
			{ 0 },
		},
	.ranges = 1,
	.summary =
		"pinning or unpinning memory in the kernel (get_user_pages), described as an array of pages or as phyrs; -ro: shared memory, to be read; by-16: 16 entries a call",
	.probe = probe,
	.measure = measure,
};
