/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes that say where they belong, and the log by which the host knows what
 * memory must hold in the end. A line of it is
 *
 *	fill OFFSET LEN SEED FROM	the content of SEED from its byte FROM on
 *	copy OFFSET LEN FROM		bytes of the memory itself
 */
#ifndef CONTENT_H
#define CONTENT_H

#include <stddef.h>
#include <stdint.h>

/* What the host fills the memory with before the machine starts. */
#define CONTENT_AT_START 1

/* The byte at @at of the content of @seed. */
static inline uint8_t content_byte(uint64_t seed, uint64_t at)
{
	uint64_t word = (at / 8 + 1) * 0x9e3779b97f4a7c15 ^ seed << 40;

	word = (word ^ word >> 29) * 0xbf58476d1ce4e5b9;
	word ^= word >> 32;
	return word >> at % 8 * 8;
}

static inline void content_fill(void *to, size_t len, uint64_t seed,
				uint64_t from)
{
	uint8_t *bytes = to;

	for (size_t i = 0; i < len; i++)
		bytes[i] = content_byte(seed, from + i);
}

#endif
