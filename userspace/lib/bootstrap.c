// SPDX-License-Identifier: GPL-2.0-only
/*
 * How sure a median is: the percentiles of the medians of resamples.
 *
 * A resample is n draws from n samples. Its median takes two of them: the
 * k-th smallest of n draws is sample floor(n * u), where u is the k-th smallest
 * of n uniform numbers, which has the distribution Beta(k, n + 1 - k). Given
 * that one, the next is 1 - (1 - u) * v^(1 / (n - k)), v uniform.
 */
#include <math.h>

#include "bootstrap.h"
#include "sorted.h"

#define RESAMPLES 2000
#define SEED UINT64_C(0x7068797273)

/* splitmix64; 0 < result < 1 */
static double uniform(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return ((double)(z >> 12) + 0.5) * 0x1p-52;
}

static double normal(uint64_t *state)
{
	double x, y, r;

	do {
		x = 2 * uniform(state) - 1;
		y = 2 * uniform(state) - 1;
		r = x * x + y * y;
	} while (r >= 1 || r == 0);
	return x * sqrt(-2 * log(r) / r);
}

/* Gamma(shape, 1) for a shape of at least 1, by Marsaglia and Tsang. */
static double gamma_variate(uint64_t *state, double shape)
{
	double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);

	for (;;) {
		double x = normal(state), t = 1 + c * x, v = t * t * t;

		if (v > 0 &&
		    log(uniform(state)) < x * x / 2 + d - d * v + d * log(v))
			return d * v;
	}
}

static uint64_t draw(const uint64_t *sorted, size_t n, double u)
{
	size_t index = (size_t)((double)n * u);

	return sorted[index < n ? index : n - 1];
}

static uint64_t resampled_median(const uint64_t *sorted, size_t n,
				 uint64_t *state)
{
	size_t k = (n + 1) / 2;
	double a = gamma_variate(state, (double)k);
	double b = gamma_variate(state, (double)(n + 1 - k));
	double u = a / (a + b);
	uint64_t low = draw(sorted, n, u), high;

	if (n % 2)
		return low;
	u = 1 - (1 - u) * pow(uniform(state), 1 / (double)(n - k));
	high = draw(sorted, n, u);
	return low + (high - low) / 2;
}

void bootstrap_median(const uint64_t *sorted, size_t n, uint64_t *low,
		      uint64_t *high)
{
	uint64_t medians[RESAMPLES], state = SEED;

	for (size_t i = 0; i < RESAMPLES; i++)
		medians[i] = resampled_median(sorted, n, &state);
	sort(medians, RESAMPLES);
	*low = sorted_percentile(medians, RESAMPLES, 25);
	*high = sorted_percentile(medians, RESAMPLES, 975);
}
