// SPDX-License-Identifier: GPL-2.0-only
/* Sorted samples: median and percentiles. */
#include <stdlib.h>
#include <string.h>

#include "sorted.h"

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void sort(uint64_t *samples, size_t n)
{
	qsort(samples, n, sizeof(*samples), compare);
}

uint64_t *sorted_copy(const uint64_t *samples, size_t n)
{
	uint64_t *sorted = reallocarray(NULL, n, sizeof(*sorted));

	if (!sorted)
		return NULL;
	memcpy(sorted, samples, n * sizeof(*sorted));
	sort(sorted, n);
	return sorted;
}

uint64_t sorted_median(const uint64_t *sorted, size_t n)
{
	uint64_t low = sorted[(n - 1) / 2], high = sorted[n / 2];

	return low + (high - low) / 2;
}

uint64_t sorted_percentile(const uint64_t *sorted, size_t n,
			   unsigned int per_mille)
{
	/* ceil(n * per_mille / 1000), in a way that cannot overflow. */
	size_t rank =
		n / 1000 * per_mille + (n % 1000 * per_mille + 999) / 1000;

	return sorted[rank - 1];
}
