// SPDX-License-Identifier: GPL-2.0-only
/* Disks that are made of other disks. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <linux/raid/md_p.h>
#include <linux/raid/md_u.h>

#include "dm.h"
#include "harness.h"
#include "stack.h"

#define ARRAY "md_phyr"
#define NEW_ARRAY "/sys/module/md_mod/parameters/new_array"

/* What there is to be removed. */
static bool mapped, array;
static char loop[DISK_PATH];

int stack_mapped(const char *target, const char *below, char path[DISK_PATH])
{
	const uint64_t half = (DISK_SIZE >> 9) / 2;
	bool crypt = !strcmp(target, "crypt");
	char parameters[2][160];
	int status;

	for (int i = 0; i < 2; i++)
		if (crypt)
			snprintf(parameters[i], sizeof(parameters[i]),
				 "aes-xts-plain64 %064d 0 %s %llu", 7, below,
				 (unsigned long long)(i ? half : 0));
		else
			snprintf(parameters[i], sizeof(parameters[i]),
				 "%s %llu", below,
				 (unsigned long long)(i ? 0 : half));
	const struct dm_part parts[] = {
		{ 0, half, target, parameters[0] },
		{ half, half, target, parameters[1] },
	};

	status = dm_create(STACK_MAPPED, parts, ARRAY_SIZE(parts), path);
	mapped = !status;
	return status;
}

/* One that was stopped may still be there: then that is taken. */
static int new_array(void)
{
	int fd = open(NEW_ARRAY, O_WRONLY | O_CLOEXEC);
	int status = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, ARRAY, strlen(ARRAY)) < 0 && errno != EEXIST)
		status = -errno;
	close(fd);
	return status;
}

static int add_disk(int fd, const char *path, int number)
{
	mdu_disk_info_t info = {
		.number = number,
		.raid_disk = number,
		.state = 1 << MD_DISK_ACTIVE | 1 << MD_DISK_SYNC,
	};
	struct stat stat_of;

	if (stat(path, &stat_of))
		return -errno;
	info.major = (int)major(stat_of.st_rdev);
	info.minor = (int)minor(stat_of.st_rdev);
	return ioctl(fd, ADD_NEW_DISK, &info) ? -errno : 0;
}

int stack_raid(int level, const char *const below[2], char path[DISK_PATH])
{
	mdu_array_info_t info = {
		.level = level,
		.raid_disks = 2,
		.nr_disks = 2,
		.not_persistent = 1,
		.state = 1 << MD_SB_CLEAN,
		.active_disks = 2,
		.working_disks = 2,
		.chunk_size = 64 << 10,
		.size = (int)(DISK_SIZE >> 10),
	};
	int status = new_array(), fd = -1;

	if (status)
		return status;
	snprintf(path, DISK_PATH, "/dev/" ARRAY);
	/* Its node comes with it, or a moment later. */
	for (int tries = 0; tries < 200; tries++) {
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0)
			break;
		usleep(10000);
	}
	if (fd < 0)
		return -errno;
	array = true;
	if (ioctl(fd, SET_ARRAY_INFO, &info))
		status = -errno;
	for (int i = 0; !status && i < 2; i++)
		status = add_disk(fd, below[i], i);
	if (!status && ioctl(fd, RUN_ARRAY, NULL))
		status = -errno;
	close(fd);
	if (status)
		stack_remove();
	return status;
}

int stack_loop(const char *below, char path[DISK_PATH])
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	struct loop_config config = {
		.info.lo_flags = LO_FLAGS_DIRECT_IO,
	};
	int fd, file, number, status = 0;

	if (control < 0)
		return -errno;
	number = ioctl(control, LOOP_CTL_GET_FREE);
	close(control);
	if (number < 0)
		return -ENODEV;
	snprintf(path, DISK_PATH, "/dev/loop%d", number);
	fd = open(path, O_RDWR | O_CLOEXEC);
	file = open(below, O_RDWR | O_DIRECT | O_CLOEXEC);
	config.fd = (uint32_t)file;
	if (fd < 0 || file < 0 || ioctl(fd, LOOP_CONFIGURE, &config))
		status = -errno;
	else
		snprintf(loop, sizeof(loop), "%s", path);
	if (file >= 0)
		close(file);
	if (fd >= 0)
		close(fd);
	return status;
}

static void command(const char *path, unsigned long request)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	if (ioctl(fd, request, NULL))
		note("%s: %s", path, strerror(errno));
	close(fd);
}

void stack_remove(void)
{
	if (mapped)
		dm_remove(STACK_MAPPED);
	if (array)
		command("/dev/" ARRAY, STOP_ARRAY);
	if (*loop)
		command(loop, LOOP_CLR_FD);
	mapped = array = false;
	*loop = '\0';
}
