// SPDX-License-Identifier: GPL-2.0-only
/*
 * What phyrd measures in the tests of its API: workloads that need no special
 * hardware, with known samples, that last as long as a test needs; and devices
 * that are the same on every machine.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <phyr/workload.h>

static int check_device(const char *name, struct phyr_error *error)
{
	static const char *const known[] = { "fake0", "fake1", "fake1:1",
					     "fake1:1:3" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!strcmp(name, known[i]))
			return 0;
	}
	return phyr_error_set(
		error, -ENODEV,
		"no RDMA device \"%.63s\"; there are: fake0, fake1", name);
}

static const struct phyr_device_kind fake_devices = {
	.what = "RDMA device",
	.check = check_device,
};

static int probe(const char *device, struct phyr_error *error)
{
	(void)device;
	(void)error;
	return 0;
}

static int probe_missing(const char *device, struct phyr_error *error)
{
	(void)device;
	return phyr_error_set(error, -ENODEV, "no such hardware; buy some");
}

/* Samples 1, 2, 3... upwards and 1000, 999, 998... downwards. */
static int count(const struct phyr_task *task, struct phyr_error *error)
{
	(void)error;
	for (unsigned int i = 0; i < task->samples; i++) {
		task->series[0][i] = i + 1;
		task->series[1][i] = 1000 - i;
	}
	return 0;
}

/* Every sample takes 10 ms. */
static int nap(const struct phyr_task *task, struct phyr_error *error)
{
	for (unsigned int i = 0; i < task->samples; i++) {
		if (*task->stop)
			return phyr_error_set(error, -ECANCELED, "stopped");
		usleep(10000);
		task->series[0][i] = 10000000;
		if (task->done)
			*task->done = i + 1;
	}
	return 0;
}

static int fail(const struct phyr_task *task, struct phyr_error *error)
{
	(void)task;
	return phyr_error_set(error, -ENOMEM, "fail: out of luck");
}

#define FAMILY(NAME, DEVICE, PROBE, MEASURE, ...)                          \
	&(const struct phyr_family)                                        \
	{                                                                  \
		.name = NAME, .device = DEVICE,                            \
		.series = (const char *const[]){ __VA_ARGS__, NULL },      \
		.ranges = 1, .summary = NAME " for tests", .probe = PROBE, \
		.measure = MEASURE                                         \
	}

const struct phyr_family *const phyr_families[] = {
	FAMILY("count", &fake_devices, probe, count, "up", "down"),
	FAMILY("nap", NULL, probe, nap, "once"),
	FAMILY("fail", NULL, probe, fail, "once"),
	FAMILY("missing", &fake_devices, probe_missing, fail, "once"),
	NULL,
};
