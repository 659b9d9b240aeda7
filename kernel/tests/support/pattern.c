// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "pattern.h"

static uint64_t word_at(uintptr_t addr, uint64_t seed)
{
	return ((addr / 8) ^ seed << 40) * 0x9e3779b97f4a7c15;
}

/* Bytes from @addr to the end of its word, at most @len. */
static size_t in_word(uintptr_t addr, size_t len)
{
	size_t left = 8 - addr % 8;

	return left < len ? left : len;
}

void pattern_fill(void *addr, size_t len, uint64_t seed)
{
	uintptr_t at = (uintptr_t)addr;
	const uintptr_t end = at + len;

	while (at < end) {
		uint64_t word = word_at(at, seed);
		size_t step = in_word(at, end - at);

		if (step == 8)
			*(uint64_t *)at = word;
		else
			memcpy((void *)at, (char *)&word + at % 8, step);
		at += step;
	}
}

const void *pattern_mismatch(const void *addr, size_t len, uint64_t seed)
{
	uintptr_t at = (uintptr_t)addr;
	const uintptr_t end = at + len;

	while (at < end) {
		uint64_t word = word_at(at, seed);
		size_t step = in_word(at, end - at);

		if (step == 8 ? *(const uint64_t *)at != word
			      : memcmp((const void *)at, (char *)&word + at % 8,
				       step))
			return (const void *)at;
		at += step;
	}
	return NULL;
}
