// SPDX-License-Identifier: GPL-2.0-only
/*
 * Families that count instead of measure stand in for the real ones, so that
 * what a run does with them can be told exactly.
 */
#include <errno.h>
#include <string.h>

#include <phyr/run.h>
#include <phyr/size.h>

#include "test.h"

static struct {
	int measured;
	int probe_status;
	int measure_status;
	const struct phyr_backing *backing[8];
	struct phyr_run *stop_in_measure;
	struct phyr_run *watched;
	size_t current[8];
	unsigned int done_before[8];
} calls;

static int probe(const char *device, struct phyr_error *error)
{
	(void)device;
	return calls.probe_status ? phyr_error_set(error, calls.probe_status,
						   "nothing to measure with")
				  : 0;
}

/* Series s of the nth measurement has the samples 100n + 10s + 0, 1, 2... */
static int measure(const struct phyr_task *task, struct phyr_error *error)
{
	calls.done_before[calls.measured] = *task->done;
	*task->done = task->samples;
	if (calls.watched)
		calls.current[calls.measured] = calls.watched->current;
	calls.backing[calls.measured++] = task->backing;
	if (calls.stop_in_measure)
		calls.stop_in_measure->stop = true;
	if (calls.measure_status)
		return phyr_error_set(error, calls.measure_status, "broken");
	for (unsigned int s = 0; s < 2; s++) {
		for (unsigned int i = 0; i < task->samples; i++)
			task->series[s][i] =
				100u * (unsigned int)calls.measured + 10 * s +
				i;
	}
	phyr_parameters_add_text(task->parameters, "device",
				 task->device ? task->device : "none");
	return 0;
}

static const struct phyr_family family = {
	.name = "count",
	.series = (const char *const[]){ "up", "down", NULL },
	.ranges = 2,
	.probe = probe,
	.measure = measure,
};

static int reset(void **state)
{
	(void)state;
	memset(&calls, 0, sizeof(calls));
	return 0;
}

static struct phyr_run_item request(unsigned int series, size_t size,
				    unsigned int samples)
{
	return (struct phyr_run_item){
		.workload = { .family = &family,
			      .series = series,
			      .backing = PHYR_BACKING_BASE,
			      .size = size },
		.samples = samples,
		.warmup = 1,
	};
}

static struct phyr_run *execute(const struct phyr_run_item *requests, size_t n)
{
	struct phyr_run *run;

	assert_int_equal(phyr_run_create(requests, n, &run), 0);
	assert_int_equal(run->finished, 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(run->results[i].status, -EINPROGRESS);
	phyr_run_execute(run);
	assert_int_equal(run->finished, n);
	return run;
}

static const struct phyr_parameter *find(const struct phyr_result *result,
					 const char *name)
{
	for (size_t i = 0; i < result->parameters.n; i++) {
		if (!strcmp(result->parameters.entries[i].name, name))
			return &result->parameters.entries[i];
	}
	fail_msg("no parameter %s", name);
	return NULL;
}

static void series_share_a_measurement(void **state)
{
	const struct phyr_run_item requests[] = {
		request(1, 8 * PHYR_KIB, 3),
		request(0, 4 * PHYR_KIB, 3),
		request(0, 8 * PHYR_KIB, 3),
	};
	struct phyr_run *run = execute(requests, 3);

	(void)state;
	assert_int_equal(calls.measured, 2);
	assert_int_equal(run->results[0].samples[2], 112);
	assert_int_equal(run->results[1].samples[2], 202);
	assert_int_equal(run->results[2].samples[2], 102);
	assert_int_equal(run->results[0].stats.median, 111);
	phyr_run_destroy(run);
}

static void progress_is_of_the_item_under_way(void **state)
{
	const struct phyr_run_item requests[] = {
		request(1, 8 * PHYR_KIB, 3),
		request(0, 8 * PHYR_KIB, 3),
		request(0, 4 * PHYR_KIB, 5),
	};
	struct phyr_run *run;

	(void)state;
	assert_int_equal(phyr_run_create(requests, 3, &run), 0);
	calls.watched = run;
	phyr_run_execute(run);
	assert_int_equal(calls.measured, 2);
	assert_int_equal(calls.current[0], 0);
	assert_int_equal(calls.current[1], 2);
	assert_int_equal(calls.done_before[0], 0);
	assert_int_equal(calls.done_before[1], 0);
	assert_int_equal(run->done, 5);
	phyr_run_destroy(run);
}

static void same_series_twice_is_measured_twice(void **state)
{
	const struct phyr_run_item requests[] = {
		request(0, 4 * PHYR_KIB, 2),
		request(0, 4 * PHYR_KIB, 2),
	};
	struct phyr_run *run = execute(requests, 2);

	(void)state;
	assert_int_equal(calls.measured, 2);
	assert_int_equal(run->results[0].samples[0], 100);
	assert_int_equal(run->results[1].samples[0], 200);
	phyr_run_destroy(run);
}

static void other_sample_counts_do_not_share(void **state)
{
	const struct phyr_run_item requests[] = {
		request(0, 4 * PHYR_KIB, 5),
		request(1, 4 * PHYR_KIB, 2),
	};
	struct phyr_run *run = execute(requests, 2);

	(void)state;
	assert_int_equal(calls.measured, 2);
	assert_int_equal(run->results[0].stats.n, 5);
	assert_int_equal(run->results[1].stats.n, 2);
	phyr_run_destroy(run);
}

static void other_devices_do_not_share(void **state)
{
	struct phyr_run_item requests[] = {
		request(0, 4 * PHYR_KIB, 2),
		request(1, 4 * PHYR_KIB, 2),
		request(1, 4 * PHYR_KIB, 2),
	};
	struct phyr_run *run;

	(void)state;
	strcpy(requests[1].device, "other0");
	run = execute(requests, 3);
	assert_int_equal(calls.measured, 2);
	assert_string_equal(find(&run->results[0], "device")->text, "none");
	assert_string_equal(find(&run->results[1], "device")->text, "other0");
	assert_string_equal(find(&run->results[2], "device")->text, "none");
	assert_int_equal(run->results[1].samples[0], 210);
	assert_int_equal(run->results[2].samples[0], 110);
	phyr_run_destroy(run);
}

static void neighbours_share_memory(void **state)
{
	const struct phyr_run_item requests[] = {
		request(0, 4 * PHYR_KIB, 2),
		request(0, 4 * PHYR_KIB, 3),
	};
	struct phyr_run *run = execute(requests, 2);

	(void)state;
	assert_ptr_equal(calls.backing[0], calls.backing[1]);
	phyr_run_destroy(run);
}

static void everything_in_effect_is_noted(void **state)
{
	const struct phyr_run_item requests[] = { request(0, 4 * PHYR_KIB, 7) };
	struct phyr_run *run = execute(requests, 1);
	const struct phyr_result *result = run->results;

	(void)state;
	assert_int_equal(find(result, "size_bytes")->number, 4096);
	assert_int_equal(find(result, "samples")->number, 7);
	assert_int_equal(find(result, "warmup")->number, 1);
	assert_int_equal(find(result, "page_size_bytes")->number, 4096);
	assert_true(find(result, "allocate_ns")->number > 0);
	assert_true(find(result, "fault_in_ns")->number > 0);
	assert_true(find(result, "cpu")->number >= 0);
	assert_string_equal(find(result, "backing")->text, "base");
	assert_string_equal(find(result, "device")->text, "none");
	phyr_run_destroy(run);
}

static void one_failure_spares_the_others(void **state)
{
	const struct phyr_run_item requests[] = {
		request(0, PHYR_WORKLOAD_SIZE_MAX, 2),
		request(0, 4 * PHYR_KIB, 2),
	};
	struct phyr_run *run = execute(requests, 2);

	(void)state;
	assert_int_equal(run->results[0].status, -ENOMEM);
	assert_int_equal(run->results[0].error.code, ENOMEM);
	assert_null(run->results[0].samples);
	assert_int_equal(run->results[1].status, 0);
	phyr_run_destroy(run);
}

static void measure_errors_reach_the_result(void **state)
{
	const struct phyr_run_item requests[] = {
		request(0, 4 * PHYR_KIB, 2),
		request(1, 4 * PHYR_KIB, 2),
	};
	struct phyr_run *run;

	(void)state;
	calls.measure_status = -EFAULT;
	run = execute(requests, 2);
	assert_int_equal(calls.measured, 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(run->results[i].status, -EFAULT);
		assert_string_equal(run->results[i].error.message, "broken");
	}
	phyr_run_destroy(run);
}

static void a_missing_thing_costs_no_memory(void **state)
{
	const struct phyr_run_item requests[] = { request(
		0, PHYR_WORKLOAD_SIZE_MAX, 2) };
	struct phyr_run *run;

	(void)state;
	calls.probe_status = -ENODEV;
	run = execute(requests, 1);
	assert_int_equal(run->results[0].status, -ENODEV);
	assert_int_equal(calls.measured, 0);
	phyr_run_destroy(run);
}

static void stop_fails_what_is_left(void **state)
{
	const struct phyr_run_item requests[] = {
		request(0, 4 * PHYR_KIB, 2),
		request(0, 8 * PHYR_KIB, 2),
	};
	struct phyr_run *run;

	(void)state;
	assert_int_equal(phyr_run_create(requests, 2, &run), 0);
	calls.stop_in_measure = run;
	phyr_run_execute(run);
	assert_int_equal(calls.measured, 1);
	assert_int_equal(run->results[0].status, 0);
	assert_int_equal(run->results[1].status, -ECANCELED);
	phyr_run_destroy(run);
}

static void refuses_empty_runs(void **state)
{
	const struct phyr_run_item requests[] = { request(0, 4 * PHYR_KIB, 0) };
	struct phyr_run *run = NULL;

	(void)state;
	assert_int_equal(phyr_run_create(requests, 0, &run), -EINVAL);
	assert_int_equal(phyr_run_create(requests, 1, &run), -EINVAL);
	assert_null(run);
	phyr_run_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(series_share_a_measurement, reset),
		cmocka_unit_test_setup(progress_is_of_the_item_under_way,
				       reset),
		cmocka_unit_test_setup(same_series_twice_is_measured_twice,
				       reset),
		cmocka_unit_test_setup(other_sample_counts_do_not_share, reset),
		cmocka_unit_test_setup(other_devices_do_not_share, reset),
		cmocka_unit_test_setup(neighbours_share_memory, reset),
		cmocka_unit_test_setup(everything_in_effect_is_noted, reset),
		cmocka_unit_test_setup(one_failure_spares_the_others, reset),
		cmocka_unit_test_setup(measure_errors_reach_the_result, reset),
		cmocka_unit_test_setup(a_missing_thing_costs_no_memory, reset),
		cmocka_unit_test_setup(stop_fails_what_is_left, reset),
		cmocka_unit_test(refuses_empty_runs),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
