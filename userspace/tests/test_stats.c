// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include <phyr/stats.h>

#include "test.h"

static void check(const struct phyr_stats *got, const struct phyr_stats *want)
{
	assert_int_equal(got->n, want->n);
	assert_int_equal(got->min, want->min);
	assert_int_equal(got->p50, want->p50);
	assert_int_equal(got->p90, want->p90);
	assert_int_equal(got->p99, want->p99);
	assert_int_equal(got->p999, want->p999);
	assert_int_equal(got->max, want->max);
	assert_int_equal(got->mean, want->mean);
	assert_int_equal(got->median, want->median);
}

/* The expected values were worked out by hand. */
static void agrees_with_hand_computed_values(void **state)
{
	static const uint64_t one[] = { 42 };
	static const uint64_t two[] = { 10, 5 };
	static const uint64_t odd[] = { 9, 1, 5 };
	static const uint64_t ten[] = { 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 };
	static const uint64_t eleven[] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 100 };
	static const uint64_t large[] = { UINT64_MAX, UINT64_MAX - 2 };
	static const struct {
		const uint64_t *samples;
		struct phyr_stats stats;
	} cases[] = {
		{ one, { 1, 42, 42, 42, 42, 42, 42, 42, 42, 0, 0 } },
		{ two, { 2, 5, 5, 10, 10, 10, 10, 8, 7, 0, 0 } },
		{ odd, { 3, 1, 5, 9, 9, 9, 9, 5, 5, 0, 0 } },
		{ ten, { 10, 1, 5, 9, 10, 10, 10, 6, 5, 0, 0 } },
		{ eleven, { 11, 1, 1, 1, 100, 100, 100, 10, 1, 0, 0 } },
		{ large,
		  { 2, UINT64_MAX - 2, UINT64_MAX - 2, UINT64_MAX, UINT64_MAX,
		    UINT64_MAX, UINT64_MAX, UINT64_MAX - 1, UINT64_MAX - 1, 0,
		    0 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct phyr_stats stats;

		assert_int_equal(phyr_stats_compute(cases[i].samples,
						    cases[i].stats.n, &stats),
				 0);
		check(&stats, &cases[i].stats);
	}
}

static void finds_percentiles_of_a_thousand(void **state)
{
	const struct phyr_stats want = { 1000, 1,   500, 900, 990, 999,
					 1000, 501, 500, 0,   0 };
	struct phyr_stats stats;
	uint64_t samples[1000];

	/* 7 has no factor in common with 1000: every value once, mixed. */
	(void)state;
	for (size_t i = 0; i < 1000; i++)
		samples[i] = i * 7 % 1000 + 1;
	assert_int_equal(phyr_stats_compute(samples, 1000, &stats), 0);
	check(&stats, &want);
	assert_int_equal(samples[1], 8);
}

static void the_interval_is_always_the_same(void **state)
{
	uint64_t samples[101], backwards[101];
	struct phyr_stats stats, again;

	(void)state;
	for (size_t i = 0; i < 101; i++) {
		samples[i] = i * i;
		backwards[100 - i] = i * i;
	}
	assert_int_equal(phyr_stats_compute(samples, 101, &stats), 0);
	assert_int_equal(phyr_stats_compute(backwards, 101, &again), 0);
	assert_memory_equal(&stats, &again, sizeof(stats));
	assert_true(stats.median_low < stats.median);
	assert_true(stats.median_high > stats.median);
}

static void the_interval_of_equal_samples_is_a_point(void **state)
{
	static const uint64_t samples[] = { 7, 7, 7, 7 };
	struct phyr_stats stats;

	(void)state;
	for (size_t n = 1; n <= 4; n++) {
		assert_int_equal(phyr_stats_compute(samples, n, &stats), 0);
		assert_int_equal(stats.median_low, 7);
		assert_int_equal(stats.median_high, 7);
	}
}

static void refuses_no_samples(void **state)
{
	struct phyr_stats stats = { .n = 77 };

	(void)state;
	assert_int_equal(phyr_stats_compute(NULL, 0, &stats), -EINVAL);
	assert_int_equal(stats.n, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_hand_computed_values),
		cmocka_unit_test(finds_percentiles_of_a_thousand),
		cmocka_unit_test(the_interval_is_always_the_same),
		cmocka_unit_test(the_interval_of_equal_samples_is_a_point),
		cmocka_unit_test(refuses_no_samples),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
