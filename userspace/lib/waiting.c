// SPDX-License-Identifier: GPL-2.0-only
/* Lets the machine come to rest, and tells what it did meanwhile. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <phyr/clock.h>

#include "waiting.h"

/* Callbacks of RCU take a few ticks. Where time jumps while the machine is idle, this costs none. */
#define SETTLE_NS 100000000

void waiting_settle(void)
{
	struct timespec tick, until;
	uint64_t tick_ns, ns;

	clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	tick_ns = (uint64_t)tick.tv_nsec;
	ns = phyr_clock_ns() + SETTLE_NS;
	ns += tick_ns - ns % tick_ns + tick_ns / 16;
	until.tv_sec = (time_t)(ns / 1000000000);
	until.tv_nsec = (long)(ns % 1000000000);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) ==
	       EINTR)
		;
}

/* Of the first CPU, in ns; 0 if the kernel does not say. */
static uint64_t idle_ns(void)
{
	static const char name[] = ".idle_sleeptime";
	char text[16384], *found;
	ssize_t len;
	int fd;

	fd = open("/proc/timer_list", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len < 0 ? 0 : len] = '\0';
	found = strstr(text, name);
	if (found)
		found = strchr(found, ':');
	return found ? strtoull(found + 1, NULL, 10) : 0;
}

static uint64_t busy_ns(void)
{
	uint64_t idle = idle_ns(), start = phyr_clock_ns(), end;

	waiting_settle();
	end = phyr_clock_ns();
	return end - start - (idle_ns() - idle);
}

uint64_t waiting_rest(void)
{
	return busy_ns();
}
