/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "dice.h"
#include "memory_kind.h"

#define LAYOUT_SEGMENTS 20
#define LAYOUT_STORY 1024

/* The most that a layout spans, in base pages. */
#define LAYOUT_PAGES ((1ul << 30 | 256ul << 20) / PAGE)

/**
 * struct layout - neighbouring stretches of memory of several kinds
 * @start: first byte
 * @end: byte after the last
 * @nr: number of segments
 * @segments: in the order of their addresses; between two may be a hole, and
 *	later changes may have holed and moved any
 * @story: in words how it came about
 *
 * There is one at a time: all use the same addresses.
 */
struct layout {
	uintptr_t start;
	uintptr_t end;
	unsigned int nr;
	struct layout_segment {
		const struct memory_kind *kind;
		uintptr_t start;
		size_t len;
	} segments[LAYOUT_SEGMENTS];
	char story[LAYOUT_STORY];
};

/* Reserve the addresses and prepare the memory kinds. 0 or negative errno. */
int layout_prepare(void);

/* A stretch of one kind, faulted in as far as its kind allows. */
struct layout_part {
	const char *kind;
	size_t granules;
	size_t file_granule; /* of the file behind it, the first to be mapped */
	enum memory_touch touch;
};

/* These return 0 or a negative errno. */
int layout_build_random(struct layout *layout, struct dice *dice);
/* @before bytes lie before an address that is a multiple of 1 GiB. */
int layout_build_parts(struct layout *layout, const struct layout_part *parts,
		       size_t nr, size_t before);
void layout_clear(struct layout *layout);

/* An address of the layout, mostly close to where something changes. */
uintptr_t layout_point(const struct layout *layout, struct dice *dice);

#endif
