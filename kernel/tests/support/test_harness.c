// SPDX-License-Identifier: GPL-2.0-only
/* The harness by itself, on this machine: what it prints, and how it exits. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "pins.h"

/* In place of those that the kernel counts. */
static long pins = 5;

long pins_quiet(void)
{
	return pins;
}

long pins_settle(long expected)
{
	(void)expected;
	return pins;
}

/* --- programs under test --------------------------------------------------- */

static void passes(void)
{
	assert_true(true);
	assert_int_equal(-1, -1);
	assert_in_range(7, 7, 7);
	assert_errno_equal(0, 0);
}

static void fails(void)
{
	test_fail("file", 1, "%d apples", 2);
}

static void skips(void)
{
	skip("no %s", "apples");
}

static void leaves_a_pin(void)
{
	pins++;
}

static void gives_up_a_child(void)
{
	in_child(skips);
}

static void loses_a_child(void)
{
	in_child(fails);
}

static void die(void)
{
	raise(SIGKILL);
}

static void kills_a_child(void)
{
	in_child(die);
}

static const struct {
	const char *name;
	int number;
} apples[] = { { "red", 1 }, { "green", 2 } };

static void is_red(void)
{
	assert_ptr_equal(test_element(), &apples[0]);
}

static void tear_down(void)
{
	note("torn down");
}

/* --- tests of them --------------------------------------------------------- */

/* "@" in @expected stands for what a line goes on with. */
static bool alike(const char *text, const char *expected)
{
	while (*text && *expected) {
		if (*expected == '@') {
			text = strchr(text, '\n');
			expected++;
		} else if (*text++ != *expected++) {
			return false;
		}
	}
	return *text == *expected;
}

static void check_run(const struct test_program *program, int status,
		      const char *expected)
{
	FILE *out = tmpfile();
	char text[2000] = "";
	int ended;
	pid_t child;

	assert_non_null(out);
	child = fork();
	if (!child) {
		dup2(fileno(out), STDOUT_FILENO);
		status = test_run(program);
		fflush(stdout);
		_exit(status);
	}
	assert_int_equal(waitpid(child, &ended, 0), child);
	rewind(out);
	assert_true(fread(text, 1, sizeof(text) - 1, out) > 0);
	fclose(out);
	if (!alike(text, expected)) {
		for (char *at = text; (at = strchr(at, '\n'));)
			*at = '|';
		fail("the output is %s", text);
	}
	assert_true(WIFEXITED(ended));
	assert_int_equal(WEXITSTATUS(ended), status);
}

#define check_tests(cases, status, expected, ...)                        \
	check_run(&(const struct test_program){ .tests = cases,          \
						.nr = ARRAY_SIZE(cases), \
						__VA_ARGS__ },           \
		  status, expected)

static void test_results(void)
{
	const struct test_case tests[] = {
		TEST(passes),
		TEST(fails),
		TEST(skips),
		TEST_EACH(is_red, apples),
	};

	check_tests(tests, KSFT_FAIL,
		    "TAP version 13\n"
		    "1..5\n"
		    "ok 1 passes\n"
		    "# file:1: 2 apples\n"
		    "not ok 2 fails\n"
		    "ok 3 skips # SKIP no apples\n"
		    "ok 4 is_red: red\n"
		    "# @\n"
		    "not ok 5 is_red: green\n"
		    "# torn down\n"
		    "# Totals: pass:2 fail:2 xfail:0 xpass:0 skip:1 error:0\n",
		    .teardown = tear_down);
}

static void test_all_pass_or_are_skipped(void)
{
	const struct test_case tests[] = { TEST(passes), TEST(skips) };

	check_tests(tests, KSFT_PASS,
		    "TAP version 13\n"
		    "1..2\n"
		    "ok 1 passes\n"
		    "ok 2 skips # SKIP no apples\n"
		    "# Totals: pass:1 fail:0 xfail:0 xpass:0 skip:1 error:0\n",
		    .setup = passes);
}

static void test_setup_skips(void)
{
	const struct test_case tests[] = { TEST(passes) };

	check_tests(tests, KSFT_SKIP,
		    "TAP version 13\n"
		    "1..0 # SKIP no apples\n",
		    .setup = skips);
}

static void test_setup_fails(void)
{
	const struct test_case tests[] = { TEST(passes) };

	check_tests(tests, KSFT_FAIL,
		    "TAP version 13\n"
		    "# file:1: 2 apples\n"
		    "1..1\n"
		    "Bail out! The set-up failed.\n",
		    .setup = fails);
}

static void test_teardown_fails(void)
{
	const struct test_case tests[] = { TEST(passes) };

	check_tests(tests, KSFT_FAIL,
		    "TAP version 13\n"
		    "1..1\n"
		    "ok 1 passes\n"
		    "# file:1: 2 apples\n"
		    "# Totals: pass:1 fail:0 xfail:0 xpass:0 skip:0 error:1\n",
		    .teardown = fails);
}

/* The next test starts from what it finds. */
static void test_pins_left_behind(void)
{
	const struct test_case tests[] = { TEST(leaves_a_pin), TEST(passes) };

	check_tests(tests, KSFT_FAIL,
		    "TAP version 13\n"
		    "1..2\n"
		    "# there were 5 pins before, there are 6 after\n"
		    "not ok 1 leaves_a_pin\n"
		    "ok 2 passes\n"
		    "# Totals: pass:1 fail:1 xfail:0 xpass:0 skip:0 error:0\n");
}

static void test_children(void)
{
	const struct test_case tests[] = {
		TEST(gives_up_a_child),
		TEST(loses_a_child),
		TEST(kills_a_child),
	};

	check_tests(tests, KSFT_FAIL,
		    "TAP version 13\n"
		    "1..3\n"
		    "# skipped in a child: no apples\n"
		    "ok 1 gives_up_a_child # SKIP see above\n"
		    "# file:1: 2 apples\n"
		    "# @\n"
		    "not ok 2 loses_a_child\n"
		    "# @\n"
		    "not ok 3 kills_a_child\n"
		    "# Totals: pass:0 fail:2 xfail:0 xpass:0 skip:1 error:0\n");
}

static const struct test_case tests[] = {
	TEST(test_results),	   TEST(test_all_pass_or_are_skipped),
	TEST(test_setup_skips),	   TEST(test_setup_fails),
	TEST(test_teardown_fails), TEST(test_pins_left_behind),
	TEST(test_children),
};

TEST_MAIN()
