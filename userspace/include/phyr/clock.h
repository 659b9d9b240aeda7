/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_CLOCK_H
#define PHYR_CLOCK_H

#include <stdint.h>
#include <time.h>

/**
 * phyr_clock_ns() - the time of every sample: CLOCK_MONOTONIC in nanoseconds
 *
 * Needs POSIX: with -std=c11 in place of gnu11, define _POSIX_C_SOURCE first.
 */
static inline uint64_t phyr_clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/**
 * struct phyr_clock - what the numbers of this machine mean
 * @source: the kernel's clocksource, "tsc" and the like; "unknown" if the
 *	kernel does not say
 * @kind: what the kernel command line says in phyr.clock=, such as "icount"
 *	(one nanosecond is one guest instruction) or "kvm"; else "native".
 *	Numbers of different kinds must not be compared.
 */
struct phyr_clock {
	char source[32];
	char kind[32];
};

void phyr_clock_describe(struct phyr_clock *clock);

/**
 * phyr_clock_overhead_ns() - what measuring adds: a sample of nothing
 *
 * Return: the median of 101 of them.
 */
uint64_t phyr_clock_overhead_ns(void);

#endif
