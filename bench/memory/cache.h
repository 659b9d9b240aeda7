/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CACHE_H
#define CACHE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct cache - one level: which lines it holds
 * @sets: a power of two
 * @ways: lines of a set
 * @lines: @sets times @ways numbers of lines, plus 1, the one used last first
 *	in each set; 0 is none
 */
struct cache {
	uint64_t sets;
	unsigned int ways;
	uint64_t *lines;
};

/**
 * cache_create() - from "SIZE:WAYS", SIZE in bytes
 * @line_size: bytes of a line
 *
 * Return: 0, -EINVAL for what is no such text or no power of two in sets, or
 * -ENOMEM.
 */
int cache_create(struct cache *cache, const char *text, uint64_t line_size);

/**
 * cache_use() - the line is read or written
 *
 * One that is not there takes the place of the one that was not used longest.
 *
 * Return: whether it was there.
 */
bool cache_use(struct cache *cache, uint64_t line);

#endif
