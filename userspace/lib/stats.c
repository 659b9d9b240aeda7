// SPDX-License-Identifier: GPL-2.0-only
/* Summarises samples. */
#include <errno.h>
#include <stdlib.h>

#include <phyr/stats.h>

#include "bootstrap.h"
#include "sorted.h"

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
	sorted = sorted_copy(samples, n);
	if (!sorted)
		return -ENOMEM;

	*stats = (struct phyr_stats){
		.n = n,
		.min = sorted[0],
		.p50 = sorted_percentile(sorted, n, 500),
		.p90 = sorted_percentile(sorted, n, 900),
		.p99 = sorted_percentile(sorted, n, 990),
		.p999 = sorted_percentile(sorted, n, 999),
		.max = sorted[n - 1],
		.mean = mean(samples, n),
		.median = sorted_median(sorted, n),
	};
	bootstrap_median(sorted, n, &stats->median_low, &stats->median_high);
	free(sorted);
	return 0;
}
