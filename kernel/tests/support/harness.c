// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "pins.h"

/* Seconds of a test that are worth a line. */
#define LONG 1.0

static pid_t runner; /* the thread that runs the tests */
static jmp_buf end;
static char why_skipped[256];
static const void *element;
static size_t elements;

static struct counts {
	unsigned int pass;
	unsigned int fail;
	unsigned int skip;
	unsigned int error;
} counts;

const void *test_element(void)
{
	return element;
}

size_t test_elements(void)
{
	return elements;
}

unsigned int test_number(void)
{
	return counts.pass + counts.fail + counts.skip;
}

bool slow_kernel(void)
{
	return getenv("PHYR_LAYOUTS") && !getenv("PHYR_LONG");
}

void note(const char *format, ...)
{
	va_list arguments;

	printf("# ");
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}

static void __attribute__((noreturn)) leave(int status)
{
	if (gettid() != runner) {
		fflush(stdout);
		_exit(status);
	}
	longjmp(end, status);
}

void skip(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why_skipped, sizeof(why_skipped), format, arguments);
	va_end(arguments);
	if (gettid() != runner)
		note("skipped in a child: %s", why_skipped);
	leave(KSFT_SKIP);
}

void test_fail(const char *file, int line, const char *format, ...)
{
	va_list arguments;

	printf("# %s:%d: ", file, line);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	leave(KSFT_FAIL);
}

void in_child(void (*run)(void))
{
	pid_t child = fork();
	int status;

	if (!child) {
		run();
		_exit(KSFT_PASS);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		fail("a child: %m");
	if (WIFEXITED(status) && WEXITSTATUS(status) == KSFT_SKIP)
		skip("see above");
	if (status)
		fail("the child ended with status %#x", status);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int status_of(void (*run)(void))
{
	int status = setjmp(end);

	if (status)
		return status;
	run();
	return KSFT_PASS;
}

static int run_one(void (*run)(void))
{
	const long before = pins_quiet();
	int status = status_of(run);
	const long after = pins_settle(before);

	if (before >= 0 && after == before)
		return status;
	note("there were %ld pins before, there are %ld after", before, after);
	return KSFT_FAIL;
}

static void run_and_report(const struct test_case *test)
{
	const double start = seconds();
	const int status = run_one(test->run);
	const double took = seconds() - start;

	counts.pass += status == KSFT_PASS;
	counts.fail += status == KSFT_FAIL;
	counts.skip += status == KSFT_SKIP;
	printf("%s %u %s", status == KSFT_FAIL ? "not ok" : "ok", test_number(),
	       test->name);
	if (element)
		printf(": %s", *(const char *const *)element);
	if (status == KSFT_SKIP)
		printf(" # SKIP %s", why_skipped);
	putchar('\n');
	if (took >= LONG)
		note("took %.0f s", took);
}

static void run_case(const struct test_case *test)
{
	if (!test->elements) {
		run_and_report(test);
		return;
	}
	elements = test->nr;
	for (size_t i = 0; i < test->nr; i++) {
		element = (const char *)test->elements + i * test->size;
		run_and_report(test);
	}
	element = NULL;
	elements = 0;
}

static size_t planned(const struct test_program *program)
{
	size_t nr = 0;

	for (size_t i = 0; i < program->nr; i++)
		nr += program->tests[i].elements ? program->tests[i].nr : 1;
	return nr;
}

int test_run(const struct test_program *program)
{
	int status = KSFT_PASS;

	/* What is in a buffer at fork() is printed twice. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	runner = gettid();
	element = NULL;
	counts = (struct counts){ 0 };
	puts("TAP version 13");
	if (program->setup)
		status = status_of(program->setup);
	if (status == KSFT_SKIP) {
		printf("1..0 # SKIP %s\n", why_skipped);
		return KSFT_SKIP;
	}
	printf("1..%zu\n", planned(program));
	if (status == KSFT_FAIL) {
		puts("Bail out! The set-up failed.");
		return KSFT_FAIL;
	}
	for (size_t i = 0; i < program->nr; i++)
		run_case(&program->tests[i]);
	if (program->teardown && status_of(program->teardown))
		counts.error++;
	printf("# Totals: pass:%u fail:%u xfail:0 xpass:0 skip:%u error:%u\n",
	       counts.pass, counts.fail, counts.skip, counts.error);
	return counts.fail || counts.error ? KSFT_FAIL : KSFT_PASS;
}
