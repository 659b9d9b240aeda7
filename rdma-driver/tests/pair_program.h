/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test program about one pair: where it runs, what its tests share, and its
 * main(). A file of tests has the cases only.
 */
#ifndef PAIR_PROGRAM_H
#define PAIR_PROGRAM_H

#include "harness.h"
#include "layout.h"
#include "pair.h"

/**
 * struct pair_program - the tests of a program
 * @buffer_len: bytes of the buffer; 0 if the tests need none
 * @setup: once there is the pair, or NULL
 * @teardown: while there is the pair, or NULL
 * @tests: in the order in which they run
 * @nr: how many there are
 */
struct pair_program {
	size_t buffer_len;
	void (*setup)(void);
	void (*teardown)(void);
	const struct test_case *tests;
	size_t nr;
};

/* In place of TEST_MAIN(). */
#define PAIR_PROGRAM(...)                                                   \
	const struct pair_program pair_program = { .tests = tests,          \
						   .nr = ARRAY_SIZE(tests), \
						   __VA_ARGS__ };

extern const struct pair_program pair_program;

extern struct pair pair;
/* The end that is not under test: ordinary memory, and its region. */
extern char *buffer;
extern struct ibv_mr *buffer_mr;

/* A part of the buffer. */
struct pair_range buffer_range(const void *at, size_t len);

/**
 * struct memory - what regions under test lie over, an element of a test
 * @name: of the element
 * @before: bytes that lie before an address that is a multiple of 1 GiB
 * @parts: up to one without a kind
 */
struct memory {
	const char *name;
	size_t before;
	struct layout_part parts[10];
};

void memory_build(const struct memory *memory, struct layout *layout);

#endif
