// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "harness.h"
#include "phyr_test_device.h"

#define PATH "/dev/phyr_test"

int phyr_test_open(void)
{
	return open(PATH, O_RDWR | O_CLOEXEC);
}

int phyr_test_open_or_skip(void)
{
	int fd = phyr_test_open();

	if (fd < 0)
		skip(PATH ": %s", strerror(errno));
	return fd;
}
