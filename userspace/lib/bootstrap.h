/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BOOTSTRAP_H
#define BOOTSTRAP_H

#include <stddef.h>
#include <stdint.h>

/*
 * The 95 % confidence interval of the median. Takes the same time for any
 * number of samples, a millisecond or so.
 */
void bootstrap_median(const uint64_t *sorted, size_t n, uint64_t *low,
		      uint64_t *high);

#endif
