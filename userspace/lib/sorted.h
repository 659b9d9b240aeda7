/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SORTED_H
#define SORTED_H

#include <stddef.h>
#include <stdint.h>

void sort(uint64_t *samples, size_t n);

/* A sorted copy of samples, to be freed; NULL: out of memory. */
uint64_t *sorted_copy(const uint64_t *samples, size_t n);

/* The middle one, or the mean of the middle two, rounded down. */
uint64_t sorted_median(const uint64_t *sorted, size_t n);

/* The smallest that per_mille of all do not exceed; 0 < per_mille <= 1000. */
uint64_t sorted_percentile(const uint64_t *sorted, size_t n,
			   unsigned int per_mille);

#endif
