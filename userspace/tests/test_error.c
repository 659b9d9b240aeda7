// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include <phyr/error.h>

#include "test.h"

static void keeps_code_and_words(void **state)
{
	struct phyr_error error = { 0 };

	(void)state;
	assert_int_equal(phyr_error_set(&error, -ENOMEM, "%d pages", 7),
			 -ENOMEM);
	assert_int_equal(error.code, ENOMEM);
	assert_string_equal(error.message, "7 pages");
}

static void needs_no_error_to_fill(void **state)
{
	(void)state;
	assert_int_equal(phyr_error_set(NULL, -EPERM, "no"), -EPERM);
}

static void cuts_long_messages(void **state)
{
	struct phyr_error error;
	char words[1000];

	(void)state;
	memset(words, 'x', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	phyr_error_set(&error, -EINVAL, "%s", words);
	assert_int_equal(strlen(error.message), sizeof(error.message) - 1);
}

static void names_errnos_of_either_sign(void **state)
{
	(void)state;
	assert_string_equal(phyr_error_name(ENOMEM), "ENOMEM");
	assert_string_equal(phyr_error_name(-ENOMEM), "ENOMEM");
	assert_string_equal(phyr_error_name(99999), "EUNKNOWN");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_code_and_words),
		cmocka_unit_test(needs_no_error_to_fill),
		cmocka_unit_test(cuts_long_messages),
		cmocka_unit_test(names_errnos_of_either_sign),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
