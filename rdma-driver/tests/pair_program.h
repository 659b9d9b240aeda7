/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The main() of a test program about one pair, and what its tests share. A file
 * of tests has the test cases only.
 */
#ifndef PAIR_PROGRAM_H
#define PAIR_PROGRAM_H

#include "harness.h"
#include "layout.h"
#include "pair.h"

/**
 * struct pair_program - the tests of a program
 * @buffer_len: bytes of the buffer; 0 if the tests need none
 * @setup: called after the pair is opened, or NULL
 * @teardown: called before the pair is closed, or NULL
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
/* Ordinary memory for the end that is not under test, and its region. */
extern char *buffer;
extern struct ibv_mr *buffer_mr;

/* A part of the buffer. */
struct pair_range buffer_range(const void *at, size_t len);

/**
 * struct memory - the memory below regions under test, an element of a test
 * @name: of the element
 * @before: so many of its bytes lie before a multiple of 1 GiB
 * @parts: the first one without a kind ends the array
 */
struct memory {
	const char *name;
	size_t before;
	struct layout_part parts[10];
};

void memory_build(const struct memory *memory, struct layout *layout);

/* The seed of the pattern that memory under test is filled with. */
#define MEMORY 1

/**
 * struct region - a memory region under test
 * @start: its first byte
 * @end: the byte after its last one
 * @to_iova: add this to an address to get the address for the remote side
 * @mr: registered
 */
struct region {
	char *start;
	char *end;
	uint64_t to_iova;
	struct ibv_mr *mr;
};

/*
 * Build the memory of the running test and register regions over it, one after
 * the other, with all access and @more: whole pages, words at both ends, odd
 * ends and, if the device can do that, another iova. @check moves data, and puts
 * the pattern back where it has written; no other byte may change.
 */
void memory_check_regions(unsigned int more,
			  void (*check)(const struct region *region,
					const struct layout *layout));

#endif
