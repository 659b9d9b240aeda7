// SPDX-License-Identifier: GPL-2.0-only
/* phyrctl writes ratios as the page and ./phyr compare do: ratios.json. */
#include "../programs/phyrctl/text.h"
#include "test.h"

static void table(void **state)
{
	json_t *known = json_load_file(RATIOS, JSON_DECODE_ANY, NULL), *pair;
	char text[TEXT_TIME];
	size_t i;

	(void)state;
	assert_true(json_array_size(known) > 10);
	json_array_foreach(known, i, pair)
	{
		assert_true(text_ratio(json_array_get(pair, 0), text));
		assert_string_equal(text,
				    json_string_value(json_array_get(pair, 1)));
	}
	json_decref(known);
}

static void none(void **state)
{
	char text[TEXT_TIME] = "-";

	(void)state;
	assert_false(text_ratio(NULL, text));
	assert_string_equal(text, "-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ratio", tests, NULL, NULL);
}
