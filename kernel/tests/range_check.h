/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RANGE_CHECK_H
#define RANGE_CHECK_H

#include "description.h"
#include "dice.h"

/**
 * struct range_check - what checking a range needs, and what it has seen
 * @hold_fd: /dev/phyr_test that holds a range
 * @fd: /dev/phyr_test that describes it meanwhile
 * @pins: pins of the system while nothing is held
 * @held: what @hold_fd holds
 * @other: the same in another form
 * @part: a part of it
 * @complete: ranges that GUP took whole
 * @partial: ranges of which GUP took the beginning
 * @refused: ranges of which GUP took nothing
 */
struct range_check {
	int hold_fd;
	int fd;
	long pins;
	struct description *held;
	struct description *other;
	struct description *part;
	unsigned long complete;
	unsigned long partial;
	unsigned long refused;
};

/* Ranges of up to @pages pages. The caller sets @pins before it checks one. */
void range_check_init(struct range_check *check, size_t pages);
void range_check_deinit(struct range_check *check);

/**
 * range_flaw() - find out whether all forms of GUP agree on a range
 * @check: initialised
 * @addr: start of the range
 * @len: its length in bytes, not 0
 * @flags: PHYR_TEST_WRITE, _LONGTERM, _GET
 * @dice: choose which form comes first and where arrays end
 *
 * Return: NULL if they describe the same bytes as the page tables, or fail in
 * the same way and at the same place, array too small or not, and leave no pin
 * behind; else what is wrong.
 */
const char *range_flaw(struct range_check *check, uintptr_t addr, size_t len,
		       unsigned int flags, struct dice *dice);

#endif
