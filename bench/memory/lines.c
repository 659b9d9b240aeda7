// SPDX-License-Identifier: GPL-2.0-only
/* The set of lines that a section touches, which is emptied in no time. */
#include <stdio.h>
#include <stdlib.h>

#include "lines.h"

#define CHUNK_SHIFT 12
#define CHUNK_LINES (UINT64_C(1) << CHUNK_SHIFT)

struct lines_chunk {
	uint64_t number;
	uint32_t stamps[CHUNK_LINES];
};

static void *zeroed(uint64_t n, uint64_t size)
{
	void *memory = calloc(n, size);

	if (!memory) {
		fprintf(stderr, "memory clock: out of memory\n");
		exit(1);
	}
	return memory;
}

static struct lines_chunk **place_of(struct lines_chunk **chunks, uint64_t room,
				     uint64_t number)
{
	uint64_t i = number * UINT64_C(0x9e3779b97f4a7c15) >> 32;

	for (;; i++) {
		struct lines_chunk **place = &chunks[i & (room - 1)];

		if (!*place || (*place)->number == number)
			return place;
	}
}

static void grow(struct lines *lines)
{
	uint64_t room = lines->room ? 2 * lines->room : 1024;
	struct lines_chunk **chunks = zeroed(room, sizeof(*chunks));

	for (uint64_t i = 0; i < lines->room; i++) {
		struct lines_chunk *chunk = lines->chunks[i];

		if (chunk)
			*place_of(chunks, room, chunk->number) = chunk;
	}
	free(lines->chunks);
	lines->chunks = chunks;
	lines->room = room;
}

static struct lines_chunk *find(struct lines *lines, uint64_t number)
{
	struct lines_chunk **place;

	if (lines->last && lines->last->number == number)
		return lines->last;
	if (2 * lines->n >= lines->room)
		grow(lines);
	place = place_of(lines->chunks, lines->room, number);
	if (!*place) {
		*place = zeroed(1, sizeof(**place));
		(*place)->number = number;
		lines->n++;
	}
	lines->last = *place;
	return *place;
}

void lines_forget(struct lines *lines)
{
	lines->stamp++;
}

bool lines_touch(struct lines *lines, uint64_t line)
{
	struct lines_chunk *chunk = find(lines, line >> CHUNK_SHIFT);
	uint32_t *stamp = &chunk->stamps[line & (CHUNK_LINES - 1)];
	bool new = *stamp != lines->stamp;

	*stamp = lines->stamp;
	return new;
}
