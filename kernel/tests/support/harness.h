/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs the tests of a program one after the other and prints KTAP. A test ends
 * where it fails or is skipped, and it fails if it leaves other pins behind
 * than it found. The exit status is one of kselftest's.
 *
 * Where a child of the program fails or is skipped, the child exits with that
 * status: see in_child(). Threads may not do either.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum {
	KSFT_PASS = 0,
	KSFT_FAIL = 1,
	KSFT_SKIP = 4,
};

/**
 * struct test_case - a test, or the same test of each element of an array
 * @name: of the function
 * @run: the test
 * @elements: an array; the first member of an element is its name, a char *
 * @nr: number of elements; 0 if there is no array
 * @size: of an element
 */
struct test_case {
	const char *name;
	void (*run)(void);
	const void *elements;
	size_t nr;
	size_t size;
};

#define TEST(function)                             \
	{                                          \
		.name = #function, .run = function \
	}
#define TEST_EACH(function, array)                                     \
	{                                                              \
		.name = #function, .run = function, .elements = array, \
		.nr = ARRAY_SIZE(array), .size = sizeof((array)[0]),   \
	}

/* The element that the running test is about, and of how many it is one. */
const void *test_element(void);
size_t test_elements(void);

/* How many results came before that of the running test. */
unsigned int test_number(void);

/**
 * struct test_program - the tests of a program
 * @setup: what all need, or NULL. If it skips, no test can run.
 * @teardown: after the last test, or NULL
 * @tests: in the order in which they run
 * @nr: how many there are
 */
struct test_program {
	void (*setup)(void);
	void (*teardown)(void);
	const struct test_case *tests;
	size_t nr;
};

/* The exit status of the program. */
int test_run(const struct test_program *program);

/* main() of a file whose test cases are the array tests. */
#define TEST_MAIN(...)                                                         \
	int main(void)                                                         \
	{                                                                      \
		const struct test_program program = { .tests = tests,          \
						      .nr = ARRAY_SIZE(tests), \
						      __VA_ARGS__ };           \
                                                                               \
		return test_run(&program);                                     \
	}

/*
 * Whether this kernel is slow from debugging or emulation, so that tests shall
 * do less: PHYR_LAYOUTS says so, unless PHYR_LONG does that time is no matter.
 */
bool slow_kernel(void);

/* A line of the output that is no result. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Why the running test, or in the set-up all of them, cannot run here. */
void skip(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));

void test_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4), noreturn));
#define fail(...) test_fail(__FILE__, __LINE__, __VA_ARGS__)

/* Run a part of the test in a child: its failure or skip becomes the test's. */
void in_child(void (*run)(void));

/* Assertions use each argument once. */
#define assert_true(condition)                          \
	do {                                            \
		if (!(condition))                       \
			fail("not so: %s", #condition); \
	} while (0)
#define assert_false(condition) assert_true(!(condition))
#define assert_null(pointer) assert_true((pointer) == NULL)
#define assert_non_null(pointer) assert_true((pointer) != NULL)
#define assert_ptr_equal(a, b) \
	assert_true((const void *)(a) == (const void *)(b))
#define assert_ptr_not_equal(a, b) \
	assert_true((const void *)(a) != (const void *)(b))
#define assert_memory_equal(a, b, len) assert_true(!memcmp(a, b, len))

#define assert_relation(a, relation, b)                                  \
	do {                                                             \
		const unsigned long long a_ = (unsigned long long)(a);   \
		const unsigned long long b_ = (unsigned long long)(b);   \
                                                                         \
		if (!(a_ relation b_))                                   \
			fail("not so: %s: %lld (%#llx), %lld (%#llx)",   \
			     #a " " #relation " " #b, (long long)a_, a_, \
			     (long long)b_, b_);                         \
	} while (0)
#define assert_int_equal(a, b) assert_relation(a, ==, b)
#define assert_int_not_equal(a, b) assert_relation(a, !=, b)
#define assert_in_range(a, least, most)                                 \
	do {                                                            \
		const unsigned long long in_ = (unsigned long long)(a); \
                                                                        \
		assert_relation(in_, >=, least);                        \
		assert_relation(in_, <=, most);                         \
	} while (0)

/* 0 or an errno, which is easier to read by its name. */
#define assert_errno_equal(a, b)                                          \
	do {                                                              \
		const int a_ = (a), b_ = (b);                             \
                                                                          \
		if (a_ != b_)                                             \
			fail("%s is %s, not %s", #a, strerrorname_np(a_), \
			     strerrorname_np(b_));                        \
	} while (0)

#endif
