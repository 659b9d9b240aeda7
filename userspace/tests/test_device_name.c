// SPDX-License-Identifier: GPL-2.0-only
#include "../lib/device_name.h"
#include "test.h"

static void names_are_split(void **state)
{
	const struct {
		const char *text;
		const char *device;
		int port;
		int gid_index;
	} cases[] = {
		{ "rxe0", "rxe0", 0, -1 },
		{ "rxe0:1", "rxe0", 1, -1 },
		{ "mlx5_0:2:3", "mlx5_0", 2, 3 },
		{ "a:255:255", "a", 255, 255 },
		{ "a:1:0", "a", 1, 0 },
		{ "", "", 0, -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct device_name name;

		assert_true(device_name_split(cases[i].text, &name));
		assert_string_equal(name.device, cases[i].device);
		assert_int_equal(name.port, cases[i].port);
		assert_int_equal(name.gid_index, cases[i].gid_index);
	}
}

static void what_is_no_number_is_refused(void **state)
{
	const char *const cases[] = {
		"a:",	"a::",	  "a:0",     "a:256",
		"a:-1", "a:+1",	  "a: 1",    "a:01",
		"a:1:", "a:1:x",  "a:1:256", "a:1:0:0",
		"a:1x", "a:1:00", "a:x:1",   "a:99999999999",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct device_name name;

		assert_false(device_name_split(cases[i], &name));
	}
}

static void a_whole_name_keeps_its_colons(void **state)
{
	struct device_name name;

	(void)state;
	device_name_whole("a:1:2", &name);
	assert_string_equal(name.device, "a:1:2");
	assert_int_equal(name.port, 0);
	assert_int_equal(name.gid_index, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_split),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(a_whole_name_keeps_its_colons),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("device_name", tests, NULL, NULL);
}
