// SPDX-License-Identifier: GPL-2.0-only
/* Reads files and block devices directly, and never writes to any. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/fs.h>
#include <linux/magic.h>

#include <phyr/dio.h>
#include <phyr/size.h>

#include "dio_target.h"
#include "marks.h"

int phyr_dio_check(const char *path, struct phyr_error *error)
{
	struct stat status;

	if (*path != '/')
		return phyr_error_set(error, -EINVAL,
				      "\"%.63s\" is no absolute path", path);
	if (strlen(path) >= PHYR_DIO_PATH)
		return phyr_error_set(error, -ENAMETOOLONG,
				      "a path of %zu bytes is longer than %d",
				      strlen(path), PHYR_DIO_PATH - 1);
	if (stat(path, &status))
		return phyr_error_set(error, -errno, "%s: %s", path,
				      strerror(errno));
	if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
		return phyr_error_set(
			error, -EINVAL,
			"%s is neither a regular file nor a block device",
			path);
	return 0;
}

static int size_of(int fd, const struct stat *status, uint64_t *size)
{
	if (S_ISREG(status->st_mode)) {
		*size = (uint64_t)status->st_size;
		return 0;
	}
	return ioctl(fd, BLKGETSIZE64, size) ? -errno : 0;
}

/* It may have become another file since it was checked. */
static int inspect(struct phyr_dio *dio, enum phyr_dio_target target,
		   size_t least, struct phyr_error *error)
{
	struct stat status;
	int ret;

	if (fstat(dio->fd, &status))
		return phyr_error_set(error, -errno, "%s: %s", dio->path,
				      strerror(errno));
	ret = dio_target_verify(target, dio->fd, &status, dio->path, error);
	if (ret)
		return ret;
	ret = size_of(dio->fd, &status, &dio->size);
	if (ret)
		return phyr_error_set(error, ret, "%s: no size: %s", dio->path,
				      strerror(-ret));
	if (dio->size < least)
		return phyr_error_set(
			error, -ENODATA,
			"%s holds %llu KiB, and %zu KiB are to be read",
			dio->path, (unsigned long long)dio->size / PHYR_KIB,
			least / PHYR_KIB);
	return 0;
}

int phyr_dio_open(enum phyr_dio_target target, const char *path, size_t least,
		  struct phyr_dio *dio, struct phyr_error *error)
{
	struct phyr_dio new;
	int ret;

	ret = path ? phyr_dio_check(path, error)
		   : phyr_dio_find(target, new.path, error);
	if (ret)
		return ret;
	if (path)
		strcpy(new.path, path);
	new.fd = open(new.path, O_RDONLY | O_DIRECT | O_CLOEXEC | O_NONBLOCK);
	if (new.fd < 0 && errno == EINVAL)
		return phyr_error_set(error, -errno,
				      "%s cannot be read directly (O_DIRECT)",
				      new.path);
	if (new.fd < 0)
		return phyr_error_set(error, -errno, "%s: %s", new.path,
				      strerror(errno));
	ret = inspect(&new, target, least, error);
	if (ret)
		close(new.fd);
	else
		*dio = new;
	return ret;
}

void phyr_dio_close(struct phyr_dio *dio)
{
	close(dio->fd);
}

int phyr_dio_pread(const struct phyr_dio *dio, void *addr, size_t len,
		   uint64_t *ns, struct phyr_error *error)
{
	uint64_t start;
	ssize_t got;

	start = clock_begin(0);
	got = pread(dio->fd, addr, len, 0);
	*ns = clock_end(0) - start;
	if (got < 0)
		return phyr_error_set(error, -errno, "%s: read of %zu KiB: %s",
				      dio->path, len / PHYR_KIB,
				      strerror(errno));
	if ((size_t)got != len)
		return phyr_error_set(error, -ENODATA,
				      "%s: only %zd of %zu bytes were read",
				      dio->path, got, len);
	return 0;
}
