// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include <phyr/size.h>

#include "test.h"

static void reads_each_unit(void **state)
{
	const struct {
		const char *text;
		size_t bytes;
	} cases[] = {
		{ "1KiB", 1024 },
		{ "4KiB", 4096 },
		{ "2MiB", 2097152 },
		{ "64MiB", 67108864 },
		{ "4GiB", 4294967296 },
		{ "17179869183GiB", 18446744072635809792u },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t bytes = 0;

		assert_int_equal(phyr_size_parse(cases[i].text, &bytes), 0);
		assert_int_equal(bytes, cases[i].bytes);
	}
}

static void refuses_anything_else(void **state)
{
	const char *const cases[] = {
		"",	 "KiB",	  "4",	   "4096",   "0KiB",   "04KiB",
		"-4KiB", "+4KiB", " 4KiB", "4 KiB",  "4KiB ",  "4kib",
		"4KB",	 "4K",	  "4TiB",  "4.5KiB", "0x4KiB", "4KiBKiB",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t bytes = 77;

		assert_int_equal(phyr_size_parse(cases[i], &bytes), -EINVAL);
		assert_int_equal(bytes, 77);
	}
}

static void refuses_what_does_not_fit(void **state)
{
	const char *const cases[] = {
		"17179869184GiB",
		"18446744073709551615KiB",
		"18446744073709551616KiB",
		"99999999999999999999999999999999MiB",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t bytes = 77;

		assert_int_equal(phyr_size_parse(cases[i], &bytes), -ERANGE);
		assert_int_equal(bytes, 77);
	}
}

static void writes_the_largest_unit_that_divides(void **state)
{
	const struct {
		size_t bytes;
		const char *text;
	} cases[] = {
		{ 1024, "1KiB" },	    { 4096, "4KiB" },
		{ 1025 * 1024, "1025KiB" }, { 2097152, "2MiB" },
		{ 1073741824, "1GiB" },	    { 1073745920, "1048580KiB" },
	};
	char text[PHYR_SIZE_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t bytes;

		phyr_size_format(cases[i].bytes, text);
		assert_string_equal(text, cases[i].text);
		assert_int_equal(phyr_size_parse(text, &bytes), 0);
		assert_int_equal(bytes, cases[i].bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_each_unit),
		cmocka_unit_test(refuses_anything_else),
		cmocka_unit_test(refuses_what_does_not_fit),
		cmocka_unit_test(writes_the_largest_unit_that_divides),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("size", tests, NULL, NULL);
}
