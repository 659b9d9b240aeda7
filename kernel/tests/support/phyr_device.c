// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "harness.h"
#include "phyr_device.h"

#define PATH "/dev/phyr_test"

int test_device_open(void)
{
	return open(PATH, O_RDWR | O_CLOEXEC);
}

int test_device_open_or_skip(void)
{
	int fd = test_device_open();

	if (fd < 0)
		skip(PATH ": %s", strerror(errno));
	return fd;
}
