// SPDX-License-Identifier: GPL-2.0-only
/* The family dio: reading files and block devices into memory, directly. */
#include <phyr/dio.h>
#include <phyr/uring.h>

#include "families.h"
#include "rounds.h"

enum {
	SERIES_PREAD,
	SERIES_READ,
	SERIES_SUBMIT,
	SERIES_FIXED
};

enum {
	ROUNDS_PREAD,
	ROUNDS_READ,
	ROUNDS_FIXED
};

/* What a round needs: @uring is NULL for pread(). */
struct reading {
	struct phyr_dio dio;
	struct phyr_uring *uring;
	bool fixed;
};

/* Whether the kind that a variant names is there shows when it is measured. */
static int probe(const char *device, struct phyr_error *error)
{
	char path[PHYR_DIO_PATH];
	struct phyr_error last;

	if (device)
		return phyr_dio_check(device, error);
	for (int target = 0; target < PHYR_DIO_TARGETS; target++)
		if (!phyr_dio_find(target, path, &last))
			return 0;
	return phyr_error_set(
		error, -ENODEV,
		"no null_blk, NVMe or virtio-blk device, and no file \"" PHYR_DIO_FILE
		"\" in the root of a mounted ext4 or XFS; name a file or a block device");
}

static int pread_once(const struct phyr_task *task, void *subject,
		      uint64_t ns[PHYR_SERIES_MAX], struct phyr_error *error)
{
	const struct reading *reading = subject;

	return phyr_dio_pread(&reading->dio, task->backing->addr, task->size,
			      &ns[SERIES_PREAD], error);
}

/* On a clock that counts instructions, waiting would count how long the host takes. */
static int read_once(const struct phyr_task *task, void *subject,
		     uint64_t ns[PHYR_SERIES_MAX], struct phyr_error *error)
{
	const struct reading *reading = subject;
	struct phyr_uring_times times = { 0 };
	int ret;

	ret = phyr_uring_read(reading->uring, reading->dio.fd, reading->fixed,
			      task->backing->addr, task->size, task->settle,
			      &times, error);
	if (ret)
		return ret;
	if (reading->fixed) {
		ns[SERIES_FIXED] = times.submit_ns;
		return 0;
	}
	ns[SERIES_SUBMIT] = times.submit_ns;
	ns[SERIES_READ] = times.total_ns;
	return 0;
}

static int measure_uring(const struct phyr_task *task, struct reading *reading,
			 struct phyr_error *error)
{
	int ret;

	ret = phyr_uring_open(PHYR_URING_POLLED, &reading->uring, error);
	if (ret)
		return ret;
	if (reading->fixed)
		ret = phyr_uring_register(reading->uring, task->backing->addr,
					  task->size, NULL, error);
	if (!ret)
		ret = rounds_measure(task, &family_dio, read_once, reading,
				     error);
	phyr_uring_close(reading->uring);
	return ret;
}

static int measure(const struct phyr_task *task, struct phyr_error *error)
{
	struct reading reading = { .fixed = task->rounds == ROUNDS_FIXED };
	int ret;

	ret = phyr_dio_open(task->variant, task->device, task->size,
			    &reading.dio, error);
	if (ret)
		return ret;
	phyr_parameters_add_text(task->parameters, "device", reading.dio.path);
	ret = task->rounds == ROUNDS_PREAD
		      ? rounds_measure(task, &family_dio, pread_once, &reading,
				       error)
		      : measure_uring(task, &reading, error);
	phyr_dio_close(&reading.dio);
	return ret;
}

static const struct phyr_device_kind file_or_disk = {
	.what = "file or block device",
	.by_path = true,
	.check = phyr_dio_check,
};

const struct phyr_family family_dio = {
	.name = "dio",
	.variants =
		(const char *const[]){
			[PHYR_DIO_NULL] = "null",
			[PHYR_DIO_NVME] = "nvme",
			[PHYR_DIO_VIRTIO] = "virtio",
			[PHYR_DIO_EXT4] = "ext4",
			[PHYR_DIO_XFS] = "xfs",
			NULL,
		},
	.series =
		(const char *const[]){
			[SERIES_PREAD] = "pread",
			[SERIES_READ] = "read",
			[SERIES_SUBMIT] = "submit",
			[SERIES_FIXED] = "fixed",
			NULL,
		},
	.rounds =
		(const struct phyr_rounds[]){
			[ROUNDS_PREAD] = { .series = 1 },
			[ROUNDS_READ] = { .series = 2 },
			[ROUNDS_FIXED] = { .series = 1 },
			{ 0 },
		},
	.ranges = 1,
	.device = &file_or_disk,
	.summary =
		"reading the beginning of a file or a block device into memory with O_DIRECT, and never writing to it: one pread(); io_uring with polling from submission to the completion (read), its submission alone (submit), and the submission into a registered buffer (fixed)",
	.probe = probe,
	.measure = measure,
};
