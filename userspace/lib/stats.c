// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <phyr/stats.h>

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t percentile(const uint64_t *sorted, size_t n, unsigned int p)
{
	/* ceil(n * p / 100), in a way that cannot overflow. */
	size_t rank = n / 100 * p + (n % 100 * p + 99) / 100;

	return sorted[rank - 1];
}

static uint64_t median(const uint64_t *sorted, size_t n)
{
	uint64_t low = sorted[(n - 1) / 2], high = sorted[n / 2];

	return low + (high - low) / 2;
}

static uint64_t mean(const uint64_t *samples, size_t n)
{
	unsigned __int128 sum = n / 2;

	for (size_t i = 0; i < n; i++)
		sum += samples[i];
	return (uint64_t)(sum / n);
}

int phyr_stats_compute(const uint64_t *samples, size_t n,
		       struct phyr_stats *stats)
{
	uint64_t *sorted;

	if (!n)
		return -EINVAL;
	sorted = reallocarray(NULL, n, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, samples, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare);

	*stats = (struct phyr_stats){
		.n = n,
		.min = sorted[0],
		.median = median(sorted, n),
		.p90 = percentile(sorted, n, 90),
		.p99 = percentile(sorted, n, 99),
		.max = sorted[n - 1],
		.mean = mean(samples, n),
	};
	free(sorted);
	return 0;
}
