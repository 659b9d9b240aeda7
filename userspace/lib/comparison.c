// SPDX-License-Identifier: GPL-2.0-only
/* Tells whether two sets of samples differ: the Mann-Whitney U test. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <phyr/comparison.h>

#include "sorted.h"

/* What one walk over both sorted sets yields. */
struct ranks {
	double head_sum; /* ranks of head, ties share their mean rank */
	double ties; /* sum of t^3 - t over groups of t equal samples */
};

static size_t count_equal(const uint64_t *sorted, size_t n, size_t from,
			  uint64_t value)
{
	size_t i = from;

	while (i < n && sorted[i] == value)
		i++;
	return i - from;
}

static struct ranks rank(const uint64_t *base, size_t base_n,
			 const uint64_t *head, size_t head_n)
{
	struct ranks ranks = { 0 };
	size_t b = 0, h = 0;

	while (b < base_n || h < head_n) {
		uint64_t value =
			h == head_n || (b < base_n && base[b] < head[h])
				? base[b]
				: head[h];
		size_t in_base = count_equal(base, base_n, b, value);
		size_t in_head = count_equal(head, head_n, h, value);
		double t = (double)(in_base + in_head);

		ranks.head_sum +=
			(double)in_head * ((double)(b + h) + (t + 1) / 2);
		ranks.ties += t * t * t - t;
		b += in_base;
		h += in_head;
	}
	return ranks;
}

static double two_sided_p(double u, double base_n, double head_n, double ties)
{
	double n = base_n + head_n;
	double variance = base_n * head_n / 12 *
			  (n + 1 - (n > 1 ? ties / (n * (n - 1)) : 0));
	double distance = fabs(u - base_n * head_n / 2) - 0.5;

	/* All samples are equal. */
	if (variance <= 0)
		return 1;
	return fmin(1, erfc(distance / sqrt(2 * variance)));
}

static enum phyr_verdict judge(const struct phyr_comparison *comparison,
			       double base_median, double head_median)
{
	if (comparison->p >= PHYR_COMPARISON_P ||
	    fabs(comparison->effect) < PHYR_COMPARISON_EFFECT ||
	    fabs(head_median - base_median) <
		    PHYR_COMPARISON_DISTANCE * base_median ||
	    (comparison->effect < 0) != (head_median < base_median))
		return PHYR_NO_DIFFERENCE;
	return comparison->effect < 0 ? PHYR_BETTER : PHYR_WORSE;
}

int phyr_comparison_compute(const uint64_t *base, size_t base_n,
			    const uint64_t *head, size_t head_n,
			    struct phyr_comparison *comparison)
{
	uint64_t *sorted_base, *sorted_head;
	int ret = -ENOMEM;

	if (!base_n || !head_n)
		return -EINVAL;
	sorted_base = sorted_copy(base, base_n);
	sorted_head = sorted_copy(head, head_n);
	if (sorted_base && sorted_head) {
		struct ranks ranks =
			rank(sorted_base, base_n, sorted_head, head_n);
		double nb = (double)base_n, nh = (double)head_n;

		comparison->u = ranks.head_sum - nh * (nh + 1) / 2;
		comparison->p = two_sided_p(comparison->u, nb, nh, ranks.ties);
		comparison->effect = 2 * comparison->u / (nb * nh) - 1;
		comparison->verdict = judge(
			comparison, (double)sorted_median(sorted_base, base_n),
			(double)sorted_median(sorted_head, head_n));
		ret = 0;
	}
	free(sorted_base);
	free(sorted_head);
	return ret;
}

bool phyr_comparison_is_possible(size_t base_n, size_t head_n)
{
	return base_n && head_n &&
	       two_sided_p(0, (double)base_n, (double)head_n, 0) <
		       PHYR_COMPARISON_P;
}

const char *phyr_verdict_name(enum phyr_verdict verdict)
{
	static const char *const names[] = {
		[PHYR_NO_DIFFERENCE] = "no difference",
		[PHYR_BETTER] = "better",
		[PHYR_WORSE] = "worse",
	};

	return names[verdict];
}
