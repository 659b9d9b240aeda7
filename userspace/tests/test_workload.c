// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <phyr/size.h>
#include <phyr/workload.h>

#include "test.h"

static void takes_a_name_apart(void **state)
{
	struct phyr_workload w;

	(void)state;
	assert_int_equal(phyr_workload_parse("gup/phyrs/unpin/hugetlb-1G/4GiB",
					     &w, NULL),
			 0);
	assert_string_equal(w.family->name, "gup");
	assert_string_equal(w.family->forms[w.form], "phyrs");
	assert_string_equal(w.family->series[w.series], "unpin");
	assert_int_equal(w.backing, PHYR_BACKING_HUGETLB_1G);
	assert_int_equal(w.size, 4 * PHYR_GIB);
}

static void round_trip(const struct phyr_workload *workload)
{
	char name[PHYR_WORKLOAD_NAME], again[PHYR_WORKLOAD_NAME];
	struct phyr_workload parsed;

	phyr_workload_format(workload, name);
	assert_int_equal(phyr_workload_parse(name, &parsed, NULL), 0);
	assert_memory_equal(&parsed, workload, sizeof(parsed));
	phyr_workload_format(&parsed, again);
	assert_string_equal(name, again);
}

static unsigned int count(const char *const *names)
{
	unsigned int n = 0;

	while (names && names[n])
		n++;
	return n;
}

/* Every form and series of every family, on every backing. */
static void all_names_survive_a_round_trip(void **state)
{
	static const size_t sizes[] = { 4 * PHYR_KIB, 64 * PHYR_MIB, PHYR_GIB,
					PHYR_GIB + 4 * PHYR_KIB,
					PHYR_WORKLOAD_SIZE_MAX };
	struct phyr_workload w;
	unsigned int names = 0;

	(void)state;
	for (size_t f = 0; phyr_families[f]; f++) {
		const struct phyr_family *family = phyr_families[f];
		unsigned int forms = family->forms ? count(family->forms) : 1;
		unsigned int variants =
			family->variants ? count(family->variants) : 1;
		unsigned int series = count(family->series);

		assert_true(series <= PHYR_SERIES_MAX);
		for (unsigned int i = 0;
		     i < forms * variants * series * PHYR_BACKING_KINDS *
				 ARRAY_SIZE(sizes);
		     i++) {
			unsigned int rest = i;

			memset(&w, 0, sizeof(w));
			w.family = family;
			w.form = rest % forms;
			rest /= forms;
			w.variant = rest % variants;
			rest /= variants;
			w.series = rest % series;
			rest /= series;
			w.backing = rest % PHYR_BACKING_KINDS;
			w.size = sizes[rest / PHYR_BACKING_KINDS];
			round_trip(&w);
			names++;
		}
	}
	assert_int_equal(names,
			 (10 + 4 + 3 + 1 + 1 + 60 + 3 + 20 + 2) * 10 * 5);
}

static void says_what_is_wrong(void **state)
{
	static const struct {
		const char *name, *word;
	} cases[] = {
		{ "", "family \"\"" },
		{ "/", "family \"\"" },
		{ "nvme/read/base/4KiB",
		  "gup, dma, mr, rdma, gup_test, crypto, af_alg, dio, uring" },
		{ "gup", "form \"\"" },
		{ "gup/pin/base/4KiB", "pages, phyrs" },
		{ "gup/pages/reg/base/4KiB",
		  "pin, unpin, pin-ro, unpin-ro, pin-by-16" },
		{ "mr/REG/base/4KiB", "reg, dereg" },
		{ "crypto/sg", "variant \"\"" },
		{ "crypto/sg/setup/base/4KiB",
		  "virtio, soft-cbc, soft-ctr, aesni-cbc, aesni-ctr, avx-ctr" },
		{ "crypto/sg/virtio/base/4KiB", "setup, total" },
		{ "mr//base/4KiB", "reg, dereg" },
		{ "mr/reg", "backing \"\"" },
		{ "mr/reg/hugetlb/4KiB",
		  "base, mthp-64K, thp-pte, thp, hugetlb-2M, hugetlb-1G, frag-8K, frag-16K, frag-64K, frag-256K" },
		{ "mr/reg/base", "size \"\"" },
		{ "mr/reg/base/", "size \"\"" },
		{ "mr/reg/base/4KB", "size \"4KB\"" },
		{ "mr/reg/base/1KiB", "not a multiple of the page" },
		{ "mr/reg/base/1025GiB", "more than 1024GiB" },
		{ "mr/reg/base/4KiB/", "nothing may follow" },
		{ "mr/reg/base/4KiB/x", "nothing may follow" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct phyr_workload w = { .size = 77 };
		struct phyr_error error = { 0 };

		assert_int_equal(phyr_workload_parse(cases[i].name, &w, &error),
				 -EINVAL);
		assert_int_equal(error.code, EINVAL);
		if (!strstr(error.message, cases[i].word))
			fail_msg("\"%s\" is not in: %s", cases[i].word,
				 error.message);
		assert_int_equal(w.size, 77);
	}
}

static void refuses_a_name_that_is_too_long(void **state)
{
	char name[PHYR_WORKLOAD_NAME + 1];
	struct phyr_error error;
	struct phyr_workload w;

	(void)state;
	memset(name, 'x', PHYR_WORKLOAD_NAME);
	name[PHYR_WORKLOAD_NAME] = '\0';
	assert_int_equal(phyr_workload_parse(name, &w, &error), -EINVAL);
	assert_non_null(strstr(error.message, "longer than 79"));
}

static void knows_which_share_rounds(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{ "mr/reg/thp/2MiB", "mr/dereg/thp/2MiB", true },
		{ "mr/reg/thp/2MiB", "mr/reg/thp/2048KiB", true },
		{ "mr/reg/thp/2MiB", "mr/reg/thp/4MiB", false },
		{ "mr/reg/thp/2MiB", "mr/reg/base/2MiB", false },
		{ "gup/pages/pin/thp/2MiB", "gup/pages/unpin/thp/2MiB", true },
		{ "gup/pages/pin/thp/2MiB", "gup/phyrs/pin/thp/2MiB", false },
		{ "gup/pages/pin/thp/2MiB", "gup/pages/pin-ro/thp/2MiB",
		  false },
		{ "gup/pages/pin-ro/thp/2MiB", "gup/pages/unpin-ro/thp/2MiB",
		  true },
		{ "gup/pages/pin-ro/thp/2MiB", "gup/pages/pin-by-16/thp/2MiB",
		  false },
		{ "rdma/write/thp/2MiB", "gup_test/pin_fast/thp/2MiB", false },
		{ "dio/null/read/thp/2MiB", "dio/null/submit/thp/2MiB", true },
		{ "dio/null/pread/thp/2MiB", "dio/null/read/thp/2MiB", false },
		{ "dio/null/fixed/thp/2MiB", "dio/null/submit/thp/2MiB",
		  false },
		{ "dio/null/read/thp/2MiB", "dio/nvme/read/thp/2MiB", false },
		{ "uring/register/thp/2MiB", "uring/unregister/thp/2MiB",
		  true },
		{ "crypto/sg/virtio/setup/thp/2MiB",
		  "crypto/sg/virtio/total/thp/2MiB", true },
		{ "crypto/sg/virtio/setup-copy/thp/2MiB",
		  "crypto/sg/virtio/total-copy/thp/2MiB", true },
		{ "crypto/sg/virtio/total/thp/2MiB",
		  "crypto/sg/virtio/total-copy/thp/2MiB", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct phyr_workload a, b;

		assert_int_equal(phyr_workload_parse(cases[i].a, &a, NULL), 0);
		assert_int_equal(phyr_workload_parse(cases[i].b, &b, NULL), 0);
		assert_int_equal(phyr_workload_same_rounds(&a, &b),
				 cases[i].same);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_a_name_apart),
		cmocka_unit_test(all_names_survive_a_round_trip),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(refuses_a_name_that_is_too_long),
		cmocka_unit_test(knows_which_share_rounds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("workload", tests, NULL, NULL);
}
