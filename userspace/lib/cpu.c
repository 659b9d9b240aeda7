// SPDX-License-Identifier: GPL-2.0-only
/* Keeps the thread that measures on one CPU. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include <phyr/cpu.h>

int phyr_cpu_pin(unsigned int *cpu, struct phyr_error *error)
{
	cpu_set_t set;
	int last, ret;

	ret = pthread_getaffinity_np(pthread_self(), sizeof(set), &set);
	if (ret)
		return phyr_error_set(error, -ret, "sched_getaffinity: %s",
				      strerror(ret));

	for (last = CPU_SETSIZE - 1; last > 0 && !CPU_ISSET(last, &set);)
		last--;
	CPU_ZERO(&set);
	CPU_SET(last, &set);
	ret = pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	if (ret)
		return phyr_error_set(error, -ret,
				      "sched_setaffinity to CPU %d: %s", last,
				      strerror(ret));
	*cpu = (unsigned int)last;
	return 0;
}
