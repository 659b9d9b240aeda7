// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures a little of everything that this machine can measure. What it lacks
 * must be said in the same words by the probe and by the result.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <phyr/run.h>
#include <phyr/size.h>

#include "test.h"

#define SAMPLES 3

static struct phyr_run *execute(const char *const *names, size_t n)
{
	struct phyr_run_item requests[8] = { 0 };
	struct phyr_run *run;

	for (size_t i = 0; i < n; i++) {
		requests[i].samples = SAMPLES;
		requests[i].warmup = 1;
		assert_int_equal(phyr_workload_parse(
					 names[i], &requests[i].workload, NULL),
				 0);
	}
	assert_int_equal(phyr_run_create(requests, n, &run), 0);
	phyr_run_execute(run);
	return run;
}

/*
 * True if everything was measured.
 * @min_ns: gup_test counts microseconds, of which a page takes none
 */
static bool check(const struct phyr_run *run, uint64_t min_ns)
{
	const struct phyr_result *lacking = NULL;

	for (size_t i = 0; i < run->n; i++) {
		const struct phyr_result *result = &run->results[i];
		const struct phyr_family *family =
			run->items[i].workload.family;
		struct phyr_error error;

		if (family->probe(NULL, &error)) {
			assert_int_equal(result->status, -error.code);
			assert_string_equal(result->error.message,
					    error.message);
			lacking = result;
			continue;
		}
		/* Hugepages that nobody has reserved. */
		if (result->status == -ENOMEM &&
		    strstr(result->error.message, "nr_hugepages")) {
			lacking = result;
			continue;
		}
		/* Folios of a size that nobody has allowed. */
		if (result->status == -EMEDIUMTYPE &&
		    strstr(result->error.message, "transparent_hugepage")) {
			lacking = result;
			continue;
		}
		if (result->status)
			fail_msg("%s", result->error.message);
		assert_int_equal(result->stats.n, SAMPLES);
		for (int s = 0; s < SAMPLES; s++)
			assert_true(result->samples[s] >= min_ns &&
				    result->samples[s] < 60000000000);
	}
	if (lacking)
		print_message("# skipped: %s\n", lacking->error.message);
	return !lacking;
}

static void measure(const char *workload, uint64_t min_ns)
{
	char names[PHYR_BACKING_KINDS][PHYR_WORKLOAD_NAME];
	const char *list[PHYR_BACKING_KINDS];
	struct phyr_run *run;
	bool complete;

	for (int i = 0; i < PHYR_BACKING_KINDS; i++) {
		snprintf(names[i], sizeof(names[i]), "%s/%s/64KiB", workload,
			 phyr_backing_name(i));
		list[i] = names[i];
	}
	run = execute(list, PHYR_BACKING_KINDS);
	complete = check(run, min_ns);
	phyr_run_destroy(run);
	if (!complete)
		skip();
}

static void gup_pages_pin(void **state)
{
	(void)state;
	measure("gup/pages/pin", 1);
}

static void gup_pages_unpin(void **state)
{
	(void)state;
	measure("gup/pages/unpin", 1);
}

static void gup_phyrs_pin(void **state)
{
	(void)state;
	measure("gup/phyrs/pin", 1);
}

static void gup_phyrs_unpin(void **state)
{
	(void)state;
	measure("gup/phyrs/unpin", 1);
}

static void gup_phyrs_pin_ro(void **state)
{
	(void)state;
	measure("gup/phyrs/pin-ro", 1);
}

static void gup_phyrs_pin_by_16(void **state)
{
	(void)state;
	measure("gup/phyrs/pin-by-16", 1);
}

static void mr_reg_ro(void **state)
{
	(void)state;
	measure("mr/reg-ro", 1);
}

static void mr_reg(void **state)
{
	(void)state;
	measure("mr/reg", 1);
}

static void mr_dereg(void **state)
{
	(void)state;
	measure("mr/dereg", 1);
}

static void rdma_write(void **state)
{
	(void)state;
	measure("rdma/write", 1);
}

static void crypto_sg_setup(void **state)
{
	(void)state;
	measure("crypto/sg/soft-ctr/setup", 1);
}

static void crypto_phyrs_total(void **state)
{
	(void)state;
	measure("crypto/phyrs/soft-cbc/total", 1);
}

static void gup_test_pin_fast(void **state)
{
	(void)state;
	measure("gup_test/pin_fast", 0);
}

static void af_alg_encrypt(void **state)
{
	(void)state;
	measure("af_alg/xts/encrypt", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gup_pages_pin),
		cmocka_unit_test(gup_pages_unpin),
		cmocka_unit_test(gup_phyrs_pin),
		cmocka_unit_test(gup_phyrs_unpin),
		cmocka_unit_test(gup_phyrs_pin_ro),
		cmocka_unit_test(gup_phyrs_pin_by_16),
		cmocka_unit_test(mr_reg_ro),
		cmocka_unit_test(mr_reg),
		cmocka_unit_test(mr_dereg),
		cmocka_unit_test(rdma_write),
		cmocka_unit_test(gup_test_pin_fast),
		cmocka_unit_test(crypto_sg_setup),
		cmocka_unit_test(crypto_phyrs_total),
		cmocka_unit_test(af_alg_encrypt),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("families", tests, NULL, NULL);
}
