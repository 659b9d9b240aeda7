// SPDX-License-Identifier: GPL-2.0-only
/* Mapped devices, by the ioctls of /dev/mapper/control. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <linux/dm-ioctl.h>

#include "dm.h"

/* A part as the kernel reads it, with room for its parameters. */
#define PART 256

static int command(unsigned long request, struct dm_ioctl *io)
{
	int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC), status;

	if (fd < 0)
		return -errno;
	status = ioctl(fd, request, io) ? -errno : 0;
	close(fd);
	return status;
}

static void begin(struct dm_ioctl *io, const char *name, size_t size)
{
	memset(io, 0, size);
	io->version[0] = DM_VERSION_MAJOR;
	io->data_size = (uint32_t)size;
	io->data_start = sizeof(*io);
	snprintf(io->name, sizeof(io->name), "%s", name);
}

int dm_load(const char *name, const struct dm_part *parts, size_t nr)
{
	size_t size = sizeof(struct dm_ioctl) + nr * PART;
	struct dm_ioctl *io = malloc(size);
	int status;

	if (!io)
		return -ENOMEM;
	begin(io, name, size);
	io->target_count = (uint32_t)nr;
	for (size_t i = 0; i < nr; i++) {
		struct dm_target_spec *spec =
			(void *)((char *)io + sizeof(*io) + i * PART);

		spec->sector_start = parts[i].start;
		spec->length = parts[i].len;
		spec->next = PART;
		snprintf(spec->target_type, sizeof(spec->target_type), "%s",
			 parts[i].target);
		snprintf((char *)(spec + 1), PART - sizeof(*spec), "%s",
			 parts[i].parameters);
	}
	status = command(DM_TABLE_LOAD, io);
	free(io);
	return status;
}

/* Without the flag that suspends this resumes, and takes what was loaded. */
static int suspend(const char *name, unsigned int flags)
{
	struct dm_ioctl io;

	begin(&io, name, sizeof(io));
	io.flags = flags;
	return command(DM_DEV_SUSPEND, &io);
}

int dm_suspend(const char *name)
{
	return suspend(name,
		       DM_SUSPEND_FLAG | DM_SKIP_LOCKFS_FLAG | DM_NOFLUSH_FLAG);
}

int dm_resume(const char *name)
{
	return suspend(name, 0);
}

int dm_replace(const char *name, const struct dm_part *parts, size_t nr)
{
	return dm_load(name, parts, nr)
		       ?: suspend(name, DM_SUSPEND_FLAG) ?: suspend(name, 0);
}

int dm_create(const char *name, const struct dm_part *parts, size_t nr,
	      char path[DM_PATH])
{
	struct dm_ioctl io;
	int status;

	begin(&io, name, sizeof(io));
	status = command(DM_DEV_CREATE, &io);
	if (status)
		return status;
	snprintf(path, DM_PATH, "/dev/dm-%u", minor(io.dev));
	status = dm_load(name, parts, nr) ?: suspend(name, 0);
	if (status)
		dm_remove(name);
	return status;
}

int dm_remove(const char *name)
{
	struct dm_ioctl io;

	begin(&io, name, sizeof(io));
	return command(DM_DEV_REMOVE, &io);
}
