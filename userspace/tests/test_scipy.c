// SPDX-License-Identifier: GPL-2.0-only
/*
 * The statistics against numpy and scipy, see scipy_golden.py: percentiles and
 * U exactly, p and the effect to 9 digits, the median's interval within bounds
 * that scipy's own bootstrap gives.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <phyr/comparison.h>
#include <phyr/stats.h>

#include "test.h"

enum {
	MIN,
	P50,
	P90,
	P99,
	P999,
	MAX,
	MEDIAN,
	LOW_AT_LEAST,
	LOW_AT_MOST,
	HIGH_AT_LEAST,
	HIGH_AT_MOST,
	SUMMARY
};

struct side {
	uint64_t seed;
	size_t n;
	uint64_t spread;
	uint64_t offset;
	uint64_t summary[SUMMARY];
};

static const struct {
	struct side base;
	struct side head;
	double u;
	double p;
	double effect;
} cases[] = {
#include "scipy_golden.h"
};

static uint64_t mix(uint64_t z)
{
	z *= UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint64_t *create_samples(const struct side *side)
{
	uint64_t *samples = calloc(side->n, sizeof(*samples));

	assert_non_null(samples);
	for (size_t i = 0; i < side->n; i++) {
		uint64_t a = mix(side->seed << 32 | (2 * i + 1)) >> 32;
		uint64_t b = mix(side->seed << 32 | (2 * i + 2)) >> 32;

		samples[i] = side->offset +
			     (uint64_t)((unsigned __int128)(a * b >> 32) *
						side->spread >>
					32);
	}
	return samples;
}

static void check_summary(const struct side *side)
{
	uint64_t *samples = create_samples(side);
	const uint64_t *want = side->summary;
	struct phyr_stats stats;

	assert_int_equal(phyr_stats_compute(samples, side->n, &stats), 0);
	assert_int_equal(stats.n, side->n);
	assert_int_equal(stats.min, want[MIN]);
	assert_int_equal(stats.p50, want[P50]);
	assert_int_equal(stats.p90, want[P90]);
	assert_int_equal(stats.p99, want[P99]);
	assert_int_equal(stats.p999, want[P999]);
	assert_int_equal(stats.max, want[MAX]);
	assert_int_equal(stats.median, want[MEDIAN]);
	assert_in_range(stats.median_low, want[LOW_AT_LEAST],
			want[LOW_AT_MOST]);
	assert_in_range(stats.median_high, want[HIGH_AT_LEAST],
			want[HIGH_AT_MOST]);
	free(samples);
}

static void summaries_agree(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check_summary(&cases[i].base);
		check_summary(&cases[i].head);
	}
}

static void check_near(double got, double want)
{
	if (fabs(got - want) > 1e-9 * fmax(fabs(want), 1e-300))
		fail_msg("%.12g instead of %.12g", got, want);
}

static void comparisons_agree(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t *base = create_samples(&cases[i].base);
		uint64_t *head = create_samples(&cases[i].head);
		struct phyr_comparison comparison;

		assert_int_equal(phyr_comparison_compute(base, cases[i].base.n,
							 head, cases[i].head.n,
							 &comparison),
				 0);
		assert_true(comparison.u == cases[i].u);
		check_near(comparison.p, cases[i].p);
		check_near(comparison.effect, cases[i].effect);
		free(base);
		free(head);
	}
}

static enum phyr_verdict verdict(const uint64_t *base, const uint64_t *head,
				 size_t n)
{
	struct phyr_comparison comparison;

	assert_int_equal(phyr_comparison_compute(base, n, head, n, &comparison),
			 0);
	return comparison.verdict;
}

static void verdicts_are_of_head(void **state)
{
	static const uint64_t low[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	static const uint64_t high[] = { 11, 12, 13, 14, 15, 16, 17, 18 };
	static const uint64_t same[] = { 5, 5, 5, 5, 5, 5, 5, 5 };

	(void)state;
	assert_int_equal(verdict(low, high, 8), PHYR_WORSE);
	assert_int_equal(verdict(high, low, 8), PHYR_BETTER);
	assert_int_equal(verdict(low, low, 8), PHYR_NO_DIFFERENCE);
	assert_int_equal(verdict(same, same, 8), PHYR_NO_DIFFERENCE);
	/* Three against three may always be chance. */
	assert_int_equal(verdict(low, high, 3), PHYR_NO_DIFFERENCE);
	assert_string_equal(phyr_verdict_name(PHYR_WORSE), "worse");
}

/* Certain, but of few samples: 55 % are small and 45 % large, or 45 and 55. */
static void differences_of_few_samples_are_none(void **state)
{
	static uint64_t base[20000], head[20000];
	struct phyr_comparison comparison;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(base); i++) {
		base[i] = i % 100 < 55 ? 100 : 200;
		head[i] = i % 100 < 45 ? 100 : 200;
	}
	assert_int_equal(phyr_comparison_compute(base, ARRAY_SIZE(base), head,
						 ARRAY_SIZE(head), &comparison),
			 0);
	assert_true(comparison.p < 1e-6);
	assert_true(fabs(comparison.effect - 0.1) < 1e-9);
	assert_int_equal(comparison.verdict, PHYR_NO_DIFFERENCE);
}

/* Where a clock is without noise every difference is certain, and of all samples. */
static void differences_below_a_percent_are_none(void **state)
{
	static const struct {
		uint64_t base;
		uint64_t head;
		enum phyr_verdict verdict;
	} cases[] = {
		{ 100000, 100999, PHYR_NO_DIFFERENCE },
		{ 100000, 101000, PHYR_WORSE },
		{ 100000, 99001, PHYR_NO_DIFFERENCE },
		{ 100000, 99000, PHYR_BETTER },
		{ 1225, 1223, PHYR_NO_DIFFERENCE },
		{ 50, 51, PHYR_WORSE },
		{ 0, 1, PHYR_WORSE },
		{ 1, 0, PHYR_BETTER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct phyr_comparison comparison;
		uint64_t base[20], head[20];

		for (size_t j = 0; j < 20; j++) {
			base[j] = cases[i].base;
			head[j] = cases[i].head;
		}
		assert_int_equal(phyr_comparison_compute(base, 20, head, 20,
							 &comparison),
				 0);
		assert_true(comparison.p < PHYR_COMPARISON_P);
		assert_true(fabs(comparison.effect) == 1);
		assert_int_equal(comparison.verdict, cases[i].verdict);
	}
}

/* What no samples of so many can ever be called is not "no difference". */
static void few_samples_cannot_be_compared(void **state)
{
	static const struct {
		size_t base;
		size_t head;
		bool possible;
	} cases[] = { { 3, 3, false },	{ 5, 5, false },  { 6, 6, true },
		      { 1, 20, false }, { 20, 1, false }, { 2, 20, false },
		      { 3, 20, true },	{ 0, 20, false } };
	uint64_t low[20], high[20];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(high); i++) {
		low[i] = i;
		high[i] = 1000 + i;
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(phyr_comparison_is_possible(cases[i].base,
							     cases[i].head),
				 cases[i].possible);
	assert_int_equal(verdict(low, high, 6), PHYR_WORSE);
	assert_int_equal(verdict(low, high, 5), PHYR_NO_DIFFERENCE);
}

/* Half a bit faster, half much slower: the medians say one thing, U another. */
static void a_verdict_has_one_direction(void **state)
{
	struct phyr_comparison comparison;
	uint64_t base[101], head[101];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(base); i++) {
		base[i] = i < 51 ? 100 : 101;
		head[i] = i < 51 ? 95 : 1000;
	}
	/* 40 of base in front of all of head: head is larger in most pairs. */
	for (size_t i = 0; i < 40; i++)
		base[i] = 50;
	assert_int_equal(phyr_comparison_compute(base, ARRAY_SIZE(base), head,
						 ARRAY_SIZE(head), &comparison),
			 0);
	assert_true(comparison.p < PHYR_COMPARISON_P);
	assert_true(comparison.effect > PHYR_COMPARISON_EFFECT);
	assert_int_equal(comparison.verdict, PHYR_NO_DIFFERENCE);
}

static void refuses_no_samples(void **state)
{
	struct phyr_comparison comparison;
	const uint64_t one = 1;

	(void)state;
	assert_int_equal(phyr_comparison_compute(&one, 0, &one, 1, &comparison),
			 -EINVAL);
	assert_int_equal(phyr_comparison_compute(&one, 1, &one, 0, &comparison),
			 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(summaries_agree),
		cmocka_unit_test(comparisons_agree),
		cmocka_unit_test(verdicts_are_of_head),
		cmocka_unit_test(differences_of_few_samples_are_none),
		cmocka_unit_test(differences_below_a_percent_are_none),
		cmocka_unit_test(few_samples_cannot_be_compared),
		cmocka_unit_test(a_verdict_has_one_direction),
		cmocka_unit_test(refuses_no_samples),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("scipy", tests, NULL, NULL);
}
