// SPDX-License-Identifier: GPL-2.0-only
/* phyr-bench, each benchmark for as short as it can: all run, and say so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "harness.h"

#define REPORT "/tmp/phyr-bench.json"
#define SHORTEST " --benchmark_min_time=0 --benchmark_out=" REPORT

static json_t *benchmarks;

static void setup(void)
{
	json_error_t error;
	json_t *report;

	assert_int_equal(system("phyr-bench >/dev/null 2>&1" SHORTEST), 0);
	report = json_load_file(REPORT, JSON_REJECT_DUPLICATES, &error);
	unlink(REPORT);
	assert_non_null(report);
	benchmarks = json_incref(json_object_get(report, "benchmarks"));
	json_decref(report);
	assert_true(json_is_array(benchmarks));
}

static void teardown(void)
{
	json_decref(benchmarks);
}

static const char *name_of(const json_t *benchmark)
{
	return json_string_value(json_object_get(benchmark, "name"));
}

static const json_t *find(const char *name)
{
	json_t *benchmark;
	size_t i;

	json_array_foreach(benchmarks, i,
			   benchmark) if (!strcmp(name_of(benchmark),
						  name)) return benchmark;
	return NULL;
}

static void test_all_are_reported(void)
{
	FILE *list = popen("phyr-bench --benchmark_list_tests", "re");
	size_t listed = 0;
	char name[128];

	assert_non_null(list);
	while (fgets(name, sizeof(name), list)) {
		name[strcspn(name, "\n")] = '\0';
		if (!find(name))
			fail("%s is not in the report", name);
		listed++;
	}
	assert_int_equal(pclose(list), 0);
	assert_int_not_equal(listed, 0);
	assert_int_equal(listed, json_array_size(benchmarks));
}

/* File systems that this guest has not mounted are no failure, all else is. */
static bool unmounted(const json_t *benchmark)
{
	const char *why =
		json_string_value(json_object_get(benchmark, "error_message"));

	return (!strncmp(name_of(benchmark), "dio/ext4/", 9) ||
		!strncmp(name_of(benchmark), "dio/xfs/", 8)) &&
	       why && strstr(why, "in the root of a mounted");
}

static void test_none_fails(void)
{
	json_t *benchmark;
	size_t i;

	json_array_foreach(benchmarks, i, benchmark)
	{
		if (json_is_true(
			    json_object_get(benchmark, "error_occurred")) &&
		    !unmounted(benchmark))
			fail("%s: %s", name_of(benchmark),
			     json_string_value(json_object_get(
				     benchmark, "error_message")));
	}
}

static void test_times(void)
{
	json_t *benchmark;
	size_t i;

	json_array_foreach(benchmarks, i, benchmark)
	{
		double seconds = json_number_value(
			json_object_get(benchmark, "seconds_per_call"));
		double ns = json_number_value(
			json_object_get(benchmark, "real_time"));
		double threads = json_number_value(
			json_object_get(benchmark, "threads"));

		if (unmounted(benchmark))
			continue;
		if (!(ns > 0))
			fail("%s took %g ns", name_of(benchmark), ns);
		/* Google Benchmark divides by the number of threads. */
		if (!(seconds * 1e9 > ns * threads * 0.999 &&
		      seconds * 1e9 < ns * threads * 1.001))
			fail("%s: %g s a call, but %g ns by %g threads",
			     name_of(benchmark), seconds, ns, threads);
	}
}

static void test_families(void)
{
	static const char *const names[] = {
		"gup/pages/pin/base/4KiB/manual_time",
		"mr/dereg/hugetlb-1G/1GiB/manual_time",
		"rdma/write/thp/64KiB/manual_time",
		"dma/sg/map/hugetlb-2M/64MiB/manual_time",
		"dma/phyrs/unmap/hugetlb-1G/1GiB/manual_time",
		"crypto/phyrs/virtio/setup/hugetlb-1G/1MiB/manual_time",
		"crypto/sg/soft-cbc/total/base/64KiB/manual_time",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!find(names[i]))
			fail("no %s", names[i]);
}

static void test_threads(void)
{
	static const char *const names[] = {
		"gup/phyrs/pin/hugetlb-1G/1GiB/shared/manual_time/threads:2",
		"gup/phyrs/pin/hugetlb-1G/1GiB/own/manual_time/threads:2",
		"mr/reg/hugetlb-2M/2MiB/shared/manual_time/threads:2",
		"mr/reg/hugetlb-2M/2MiB/own/manual_time/threads:2",
	};

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		skip("one processor");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!find(names[i]))
			fail("no %s", names[i]);
}

static const struct test_case tests[] = {
	TEST(test_all_are_reported), TEST(test_none_fails), TEST(test_times),
	TEST(test_families),	     TEST(test_threads),
};

TEST_MAIN(.setup = setup, .teardown = teardown)
