/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SECTIONS_H
#define SECTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "calls.h"
#include "counters.h"
#include "lines.h"
#include "marks.h"

#define NAME_MAX_LENGTH 127

enum section_state {
	SECTION_OUT, /* not between its marks */
	SECTION_AWAITED, /* it begins when the clock is read next */
	SECTION_GOING_ON
};

/**
 * struct section - a place in the rounds, and its section that is measured now
 * @name: of the row that its samples belong to; "" for none
 * @first: when it began
 * @last: when the clock was read last
 * @ended: whether it was read since it began
 * @lines: touched since it began; @n_lines of them, @last_lines at @last
 */
struct section {
	char name[NAME_MAX_LENGTH + 1];
	size_t name_length;
	enum section_state state;
	struct counters first;
	struct counters last;
	bool ended;
	struct lines lines;
	uint64_t n_lines;
	uint64_t last_lines;
	struct calls calls;
};

/**
 * struct sections - all of them, and where their samples go
 * @named: the one whose name is being said
 * @functions: or NULL: calls are not followed
 */
struct sections {
	FILE *file;
	struct section slots[SLOTS];
	struct section *named;
	const struct functions *functions;
	const struct block *block;
};

void sections_mark(struct sections *sections, uint32_t operand,
		   const struct counters *now);
void sections_character(struct sections *sections, char character);
void sections_clock(struct sections *sections, const struct counters *now);
void sections_block(struct sections *sections, const struct block *block,
		    const struct counters *now);
void sections_touch(struct sections *sections, uint64_t line);

#endif
