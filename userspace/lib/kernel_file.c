// SPDX-License-Identifier: GPL-2.0-only
/* Opens files of the kernel that only root may open, and says why it cannot. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "kernel_file.h"

int kernel_file_open(const char *path, const char *absent, int *fd,
		     struct phyr_error *error)
{
	int new = open(path, O_RDWR | O_CLOEXEC);

	if (new >= 0) {
		*fd = new;
		return 0;
	}
	if (errno == ENOENT)
		return phyr_error_set(error, -errno, "no %s: %s", path, absent);
	if (errno == EACCES || errno == EPERM)
		return phyr_error_set(error, -errno, "%s: needs root", path);
	return phyr_error_set(error, -errno, "%s: %s", path, strerror(errno));
}
