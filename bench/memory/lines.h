/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LINES_H
#define LINES_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct lines - which lines a section has touched
 * @chunks: stamps of lines that are neighbours, hashed by their number
 * @n: of @chunks
 * @room: for chunks, a power of two
 * @stamp: of the section that is going on; lines with another are new to it
 * @last: the chunk that was asked for last
 */
struct lines {
	struct lines_chunk **chunks;
	uint64_t n;
	uint64_t room;
	uint32_t stamp;
	struct lines_chunk *last;
};

/** lines_forget() - a section begins, and has touched none */
void lines_forget(struct lines *lines);

/**
 * lines_touch() - whether the line is new to the section
 *
 * Exits when memory is out: figures would be wrong.
 */
bool lines_touch(struct lines *lines, uint64_t line);

#endif
