// SPDX-License-Identifier: GPL-2.0-only
/* Tells kinds of block devices and file systems apart, and finds one. */
#include <dirent.h>
#include <errno.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>

#include "dio_target.h"

/* That of XFS is in no header that libc has. */
#define XFS_MAGIC 0x58465342

/* A file system has a @magic, a driver's devices have names with a @prefix. */
static const struct target {
	const char *name;
	const char *prefix;
	long magic;
	const char *absent;
} targets[] = {
	[PHYR_DIO_NULL] = { "null", "nullb", 0,
			    "no null_blk device: CONFIG_BLK_DEV_NULL_BLK" },
	[PHYR_DIO_NVME] = { "nvme", "nvme", 0,
			    "no NVMe device: no /sys/block/nvme*" },
	[PHYR_DIO_VIRTIO] = { "virtio", "vd", 0,
			      "no virtio-blk device: no /sys/block/vd*" },
	[PHYR_DIO_EXT4] = { "ext4", NULL, EXT4_SUPER_MAGIC,
			    "no file \"" PHYR_DIO_FILE
			    "\" in the root of a mounted ext4" },
	[PHYR_DIO_XFS] = { "xfs", NULL, XFS_MAGIC,
			   "no file \"" PHYR_DIO_FILE
			   "\" in the root of a mounted XFS" },
};

const char *phyr_dio_name(enum phyr_dio_target target)
{
	return targets[target].name;
}

static bool has_prefix(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

static int find_disk(const char *prefix, char path[PHYR_DIO_PATH])
{
	struct dirent **names;
	bool found = false;
	int n;

	n = scandir("/sys/block", &names, NULL, alphasort);
	if (n < 0)
		return -ENODEV;
	for (int i = 0; i < n; i++) {
		/* A path of a multipath device has no node. */
		found = found || (has_prefix(names[i]->d_name, prefix) &&
				  snprintf(path, PHYR_DIO_PATH, "/dev/%s",
					   names[i]->d_name) < PHYR_DIO_PATH &&
				  !access(path, F_OK));
		free(names[i]);
	}
	free(names);
	return found ? 0 : -ENODEV;
}

static int find_file(const char *type, char path[PHYR_DIO_PATH])
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	char line[4096];
	struct mntent entry;
	bool found = false;

	if (!mounts)
		return -ENODEV;
	while (!found && getmntent_r(mounts, &entry, line, sizeof(line)))
		found = !strcmp(entry.mnt_type, type) &&
			snprintf(path, PHYR_DIO_PATH, "%s/" PHYR_DIO_FILE,
				 entry.mnt_dir) < PHYR_DIO_PATH &&
			!access(path, F_OK);
	endmntent(mounts);
	return found ? 0 : -ENODEV;
}

int phyr_dio_find(enum phyr_dio_target target, char path[PHYR_DIO_PATH],
		  struct phyr_error *error)
{
	const struct target *kind = &targets[target];

	if (kind->prefix ? find_disk(kind->prefix, path)
			 : find_file(kind->name, path))
		return phyr_error_set(error, -ENODEV, "%s", kind->absent);
	return 0;
}

/* The kernel's name of a disk or a partition: links may have any. */
static int disk_name(dev_t number, char name[PHYR_DIO_PATH])
{
	char link[64], target[4096];
	ssize_t len;

	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(number),
		 minor(number));
	len = readlink(link, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	snprintf(name, PHYR_DIO_PATH, "%.255s", basename(target));
	return 0;
}

int dio_target_verify(enum phyr_dio_target target, int fd,
		      const struct stat *status, const char *path,
		      struct phyr_error *error)
{
	const struct target *kind = &targets[target];
	char name[PHYR_DIO_PATH];
	struct statfs system;
	bool fits;

	if (kind->prefix)
		fits = S_ISBLK(status->st_mode) &&
		       !disk_name(status->st_rdev, name) &&
		       has_prefix(name, kind->prefix);
	else
		fits = S_ISREG(status->st_mode) && !fstatfs(fd, &system) &&
		       system.f_type == kind->magic;
	if (fits)
		return 0;
	return phyr_error_set(error, -ENODEV, "%s is no %s of %s", path,
			      kind->prefix ? "block device" : "file",
			      kind->name);
}
