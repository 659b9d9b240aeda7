// SPDX-License-Identifier: GPL-2.0-only
/* The loop of what is timed in user space: warm-up, samples, stop, failure. */
#include <errno.h>

#include <phyr/clock.h>

#include "../lib/rounds.h"
#include "test.h"

#define SAMPLES 3
#define WARMUP 2
#define UNTOUCHED 77
#define REST_NS 100000000

/* Its rounds take 1, 2, 3... and 10, 20, 30... ns. */
struct subject {
	unsigned int rounds;
	unsigned int failing; /* number of the round that fails, or 0 */
	unsigned int stopping; /* number of the round after which to stop */
	bool settle;
	atomic_uint done; /* as the family is told */
	unsigned int done_before[WARMUP + SAMPLES];
	uint64_t began_ns[WARMUP + SAMPLES];
	atomic_bool stop;
};

static int count(const struct phyr_task *task, void *argument,
		 uint64_t ns[PHYR_SERIES_MAX], struct phyr_error *error)
{
	struct subject *subject = argument;

	(void)task;
	subject->began_ns[subject->rounds] = phyr_clock_ns();
	subject->done_before[subject->rounds] = subject->done;
	if (++subject->rounds == subject->failing)
		return phyr_error_set(error, -ENOMEM, "as it was told");
	subject->stop = subject->rounds == subject->stopping;
	ns[0] = subject->rounds;
	ns[1] = 10 * subject->rounds;
	return 0;
}

static const struct phyr_family two_series = {
	.name = "two",
	.series = (const char *const[]){ "one", "other", NULL },
};

static const struct phyr_family one_series = {
	.name = "one",
	.series = (const char *const[]){ "one", NULL },
};

static uint64_t samples[PHYR_SERIES_MAX][SAMPLES];

static int measure(const struct phyr_family *family, struct subject *subject,
		   struct phyr_error *error)
{
	struct phyr_task task = {
		.warmup = WARMUP,
		.samples = SAMPLES,
		.settle = subject->settle,
		.series = { samples[0], samples[1] },
		.done = &subject->done,
		.stop = &subject->stop,
	};

	for (int s = 0; s < PHYR_SERIES_MAX; s++)
		for (int i = 0; i < SAMPLES; i++)
			samples[s][i] = UNTOUCHED;
	return rounds_measure(&task, family, count, subject, error);
}

static void samples_follow_the_warm_up(void **state)
{
	struct subject subject = { 0 };

	(void)state;
	assert_int_equal(measure(&two_series, &subject, NULL), 0);
	assert_int_equal(subject.rounds, WARMUP + SAMPLES);
	assert_int_equal(subject.done_before[WARMUP], 0);
	assert_int_equal(subject.done_before[WARMUP + 2], 2);
	assert_int_equal(subject.done, SAMPLES);
	for (int i = 0; i < SAMPLES; i++) {
		assert_int_equal(samples[0][i], WARMUP + 1 + i);
		assert_int_equal(samples[1][i], 10 * (WARMUP + 1 + i));
	}
}

static void only_series_of_the_family_are_filled(void **state)
{
	struct subject subject = { 0 };

	(void)state;
	assert_int_equal(measure(&one_series, &subject, NULL), 0);
	assert_int_equal(samples[0][SAMPLES - 1], WARMUP + SAMPLES);
	for (int i = 0; i < SAMPLES; i++)
		assert_int_equal(samples[1][i], UNTOUCHED);
}

static void stops_before_the_next_round(void **state)
{
	struct subject subject = { .stopping = WARMUP };
	struct phyr_error error;

	(void)state;
	assert_int_equal(measure(&two_series, &subject, &error), -ECANCELED);
	assert_int_equal(subject.rounds, WARMUP);
	assert_int_equal(error.code, ECANCELED);
	subject = (struct subject){ .stop = true };
	assert_int_equal(measure(&two_series, &subject, NULL), -ECANCELED);
	assert_int_equal(subject.rounds, 0);
}

static void a_failure_ends_it(void **state)
{
	struct subject subject = { .failing = WARMUP + 2 };
	struct phyr_error error;

	(void)state;
	assert_int_equal(measure(&two_series, &subject, &error), -ENOMEM);
	assert_int_equal(subject.rounds, WARMUP + 2);
	assert_string_equal(error.message, "as it was told");
}

/* How long before the next tick they begin depends on what else runs here. */
static void the_machine_rests_before_each_round(void **state)
{
	struct subject subject = { .settle = true };
	uint64_t last = phyr_clock_ns();

	(void)state;
	assert_int_equal(measure(&two_series, &subject, NULL), 0);
	for (int i = 0; i < WARMUP + SAMPLES; i++) {
		assert_true(subject.began_ns[i] - last >= REST_NS);
		last = subject.began_ns[i];
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_follow_the_warm_up),
		cmocka_unit_test(only_series_of_the_family_are_filled),
		cmocka_unit_test(stops_before_the_next_round),
		cmocka_unit_test(a_failure_ends_it),
		cmocka_unit_test(the_machine_rests_before_each_round),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("rounds", tests, NULL, NULL);
}
