/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COUNTERS_H
#define COUNTERS_H

#include <stdint.h>

/* What is counted from the beginning on, in the order of the output. */
enum counter {
	INSTRUCTIONS,
	LOADS,
	STORES,
	LOCKED,
	L1_MISSES,
	L2_MISSES,
	LLC_MISSES,
	COUNTERS
};

struct counters {
	uint64_t n[COUNTERS];
};

/** counters_add() - sum += to - from */
static inline void counters_add(struct counters *sum,
				const struct counters *from,
				const struct counters *to)
{
	for (int i = 0; i < COUNTERS; i++)
		sum->n[i] += to->n[i] - from->n[i];
}

#endif
