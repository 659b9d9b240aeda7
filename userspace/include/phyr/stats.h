/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_STATS_H
#define PHYR_STATS_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct phyr_stats - summary of samples, in the samples' unit
 * @n: number of samples
 * @min: smallest sample
 * @p50: smallest sample that 50 % of all samples do not exceed (nearest rank)
 * @p90: the same for 90 %
 * @p99: the same for 99 %
 * @p999: the same for 99.9 %
 * @max: largest sample
 * @mean: arithmetic mean, rounded to the nearest integer, halves up
 * @median: middle sample; of an even number the mean of the middle two,
 *	rounded down
 * @median_low: lower end of its 95 % confidence interval, by the percentiles
 *	of the bootstrap's medians; the same samples give the same interval
 * @median_high: upper end
 */
struct phyr_stats {
	size_t n;
	uint64_t min;
	uint64_t p50;
	uint64_t p90;
	uint64_t p99;
	uint64_t p999;
	uint64_t max;
	uint64_t mean;
	uint64_t median;
	uint64_t median_low;
	uint64_t median_high;
};

/**
 * phyr_stats_compute() - summarise samples
 * @samples: at least one, in any order; left as they are
 * @n: how many
 * @stats: the summary
 *
 * Return: 0, -EINVAL without samples, -ENOMEM.
 */
int phyr_stats_compute(const uint64_t *samples, size_t n,
		       struct phyr_stats *stats);

#endif
