// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures a little of everything that this machine can measure. What it lacks
 * must be said in the same words by the probe and by the result.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <phyr/run.h>

#include "test.h"

#define SAMPLES 3
#define TESTS_MAX 64
#define SIZE ((size_t)64 << 10)

/* All that is measured in rounds of its own. */
struct rounds {
	const struct phyr_family *family;
	unsigned int form;
	unsigned int variant;
};

static size_t names_of(const char *const *list)
{
	size_t n = 0;

	while (list[n])
		n++;
	return n;
}

/* Every series on every backing. */
static struct phyr_run *execute(const struct rounds *rounds)
{
	struct phyr_run_item items[PHYR_SERIES_MAX * PHYR_BACKING_KINDS] = {
		0
	};
	struct phyr_run *run;
	size_t n = 0;

	for (int kind = 0; kind < PHYR_BACKING_KINDS; kind++)
		for (size_t i = 0; i < names_of(rounds->family->series); i++)
			items[n++] = (struct phyr_run_item){
				.workload = {
					.family = rounds->family,
					.form = rounds->form,
					.variant = rounds->variant,
					.series = (unsigned int)i,
					.backing = (enum phyr_backing_kind)kind,
					.size = SIZE,
				},
				.warmup = 1,
				.samples = SAMPLES,
			};
	assert_int_equal(phyr_run_create(items, n, &run), 0);
	phyr_run_execute(run);
	return run;
}

/* gup_test counts microseconds, of which some pages take none. */
static uint64_t least_ns(const struct phyr_family *family)
{
	return strcmp(family->name, "gup_test") ? 1 : 0;
}

/* True if everything was measured. */
static bool check(const struct phyr_run *run)
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
		/* Pieces of huge pages, which are not shared. */
		if (result->status == -EOPNOTSUPP &&
		    strstr(result->error.message, "-ro workloads"))
			continue;
		/* Folios of a size that nobody has allowed. */
		if (result->status == -EMEDIUMTYPE &&
		    strstr(result->error.message, "transparent_hugepage")) {
			lacking = result;
			continue;
		}
		/* Only what a device does completes by an interrupt. */
		if (!strcmp(family->name, "crypto") &&
		    result->status == -EOPNOTSUPP &&
		    !strcmp(family->series[run->items[i].workload.series],
			    "complete"))
			continue;
		/* One kind of several, its queue for polling, or the right to it. */
		if (!strcmp(family->name, "dio") &&
		    (result->status == -ENODEV || result->status == -EPERM ||
		     result->status == -EACCES ||
		     result->status == -EOPNOTSUPP)) {
			lacking = result;
			continue;
		}
		if (result->status)
			fail_msg("%s", result->error.message);
		assert_int_equal(result->stats.n, SAMPLES);
		for (int s = 0; s < SAMPLES; s++)
			assert_true(result->samples[s] >= least_ns(family) &&
				    result->samples[s] < 60000000000);
	}
	if (lacking)
		print_message("# skipped: %s\n", lacking->error.message);
	return !lacking;
}

static void measure(void **state)
{
	struct phyr_run *run = execute(*state);
	bool complete = check(run);

	phyr_run_destroy(run);
	if (!complete)
		skip();
}

static char *title(const struct rounds *rounds)
{
	const struct phyr_family *family = rounds->family;
	const char *form = family->forms ? family->forms[rounds->form] : NULL;
	const char *variant =
		family->variants ? family->variants[rounds->variant] : NULL;
	char *name;

	if (asprintf(&name, "%s%s%s%s%s", family->name, form ? "/" : "",
		     form ? form : "", variant ? "/" : "",
		     variant ? variant : "") < 0)
		abort();
	return name;
}

static struct CMUnitTest tests[TESTS_MAX];
static struct rounds rounds[TESTS_MAX];
static size_t n_tests;

static void add(const struct phyr_family *family, unsigned int form,
		unsigned int variant)
{
	struct rounds *mine = &rounds[n_tests];

	if (n_tests == TESTS_MAX)
		abort();
	*mine = (struct rounds){ family, form, variant };
	tests[n_tests++] = (struct CMUnitTest){
		.name = title(mine),
		.test_func = measure,
		.initial_state = mine,
	};
}

/* At least one of each: a family without forms has its form 0. */
static void add_family(const struct phyr_family *family)
{
	size_t forms = family->forms ? names_of(family->forms) : 1;
	size_t variants = family->variants ? names_of(family->variants) : 1;

	for (unsigned int form = 0; form < forms; form++)
		for (unsigned int variant = 0; variant < variants; variant++)
			add(family, form, variant);
}

int main(void)
{
	for (size_t i = 0; phyr_families[i]; i++)
		add_family(phyr_families[i]);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return _cmocka_run_group_tests("families", tests, n_tests, NULL, NULL);
}
