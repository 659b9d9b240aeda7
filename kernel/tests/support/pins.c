// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pins.h"

static int counter(const char *text, const char *name, long *value)
{
	const char *line = strstr(text, name);

	if (!line)
		return -ENODATA;
	*value = strtol(line + strlen(name), NULL, 10);
	return 0;
}

/* Each CPU keeps a part of the counters to itself until it is asked. */
static int collect_from_cpus(void)
{
	int fd = open("/proc/sys/vm/stat_refresh", O_WRONLY | O_CLOEXEC);
	int status = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, "1", 1) != 1)
		status = -errno;
	close(fd);
	return status;
}

long pins_held(void)
{
	static char text[16384];
	long acquired, released;
	ssize_t len;
	int fd, status;

	status = collect_from_cpus();
	if (status)
		return status;
	fd = open("/proc/vmstat", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len < 0)
		return -EIO;
	text[len] = '\0';
	status = counter(text, "\nnr_foll_pin_acquired ", &acquired);
	if (!status)
		status = counter(text, "\nnr_foll_pin_released ", &released);
	return status ?: acquired - released;
}

long pins_settle(long expected)
{
	long held = pins_held();

	for (int tries = 0; held != expected && tries < 200; tries++) {
		usleep(10000);
		held = pins_held();
	}
	return held;
}

long pins_quiet(void)
{
	long held = pins_held();
	long before;

	do {
		before = held;
		usleep(20000);
		held = pins_held();
	} while (held != before);
	return held;
}
