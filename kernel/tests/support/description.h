/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DESCRIPTION_H
#define DESCRIPTION_H

#include <stddef.h>
#include <stdint.h>
#include <phyr_test.h>

#include "harness.h"

/**
 * struct description - physical memory of a byte range, as one form of GUP
 * sees it
 * @error: errno of the call, 0 if it succeeded; nothing else counts after one
 * @addr: start of the range
 * @len: its length in bytes
 * @done: bytes from @addr that are described
 * @nr: entries in use
 * @room: entries allocated
 * @entries: exact to the byte in every form: pages are clipped, too
 */
struct description {
	int error;
	uintptr_t addr;
	size_t len;
	size_t done;
	unsigned int nr;
	unsigned int room;
	struct phyr_test_entry *entries;
};

/* Ranges of up to @pages pages fit. NULL: no memory. */
struct description *description_create(size_t pages);
void description_destroy(struct description *description);

/* What a range is pinned as; see PHYR_TEST_*. */
struct description_request {
	uintptr_t addr;
	size_t len;
	enum phyr_test_form form;
	unsigned int flags;
	unsigned int max_entries; /* 0: the room of the description */
};

void describe(int fd, const struct description_request *request,
	      struct description *description);
void describe_and_hold(int fd, const struct description_request *request,
		       struct description *description);
void release_held(int fd);

/* Each returns NULL, or what is wrong, in a static buffer. */
const char *description_flaw(const struct description *description);
const char *description_difference(const struct description *a,
				   const struct description *b);
const char *description_prefix_flaw(const struct description *prefix,
				    const struct description *whole);
const char *description_pagemap_flaw(const struct description *description);

/* The test fails with what a function returned that finds flaws. */
#define assert_no_flaw(text)                \
	do {                                \
		const char *flaw_ = (text); \
                                            \
		if (flaw_)                  \
			fail("%s", flaw_);  \
	} while (0)

const char *flaw(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
