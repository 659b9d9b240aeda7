// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses whose number, lines and misses are known, for the test of the memory
 * clock: planted PATTERN BYTES STRIDE PASSES [measured].
 *
 * The passes before the last are there to warm caches up; measured: the last one
 * is a section.
 */
#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "marks.h"

typedef volatile uint64_t word;

/* What a section has that is none of the pattern's. */
static void nothing(word *words, size_t n, size_t stride)
{
	(void)words;
	(void)n;
	(void)stride;
}

static void read_all(word *words, size_t n, size_t stride)
{
	for (size_t i = 0; i < n; i += stride)
		(void)words[i];
}

static void write_all(word *words, size_t n, size_t stride)
{
	for (size_t i = 0; i < n; i += stride)
		words[i] = i;
}

static void add_all(word *words, size_t n, size_t stride)
{
	for (size_t i = 0; i < n; i += stride)
		__atomic_fetch_add(&words[i], 1, __ATOMIC_SEQ_CST);
}

static void exchange_all(word *words, size_t n, size_t stride)
{
	for (size_t i = 0; i < n; i += stride)
		__atomic_exchange_n(&words[i], i, __ATOMIC_SEQ_CST);
}

/* As the kernel writes it over the others when it has one CPU. */
static void add_all_unlocked(word *words, size_t n, size_t stride)
{
	for (size_t i = 0; i < n; i += stride)
		__asm__ volatile("ds addq $1, %0" : "+m"(words[i]));
}

/* Reads across the border of two words: of two lines when @stride is one. */
static void read_across(word *words, size_t n, size_t stride)
{
	for (size_t i = stride; i < n; i += stride)
		(void)*(word *)((char *)&words[i] - 4);
}

/* The first word again before each other one. */
static void read_favourite(word *words, size_t n, size_t stride)
{
	for (size_t i = stride; i < n; i += stride) {
		(void)words[0];
		(void)words[i];
	}
}

static uint64_t next_random(uint64_t *random)
{
	*random = *random * UINT64_C(6364136223846793005) + 1;
	return *random >> 33;
}

/* Anywhere, as often as there are strides. */
static void read_scattered(word *words, size_t n, size_t stride)
{
	static uint64_t random = 1;

	for (size_t i = 0; i < n; i += stride)
		(void)words[next_random(&random) % n];
}

/* Each word that is read says where the next one is. */
static void follow(word *words, size_t n, size_t stride)
{
	uint64_t at = 0;

	for (size_t i = 0; i < n; i += stride)
		at = words[at];
}

/* A cycle through all in random order (Sattolo's), the same each time. */
static void shuffle(word *words, size_t n, size_t stride)
{
	uint64_t random = 1;

	for (size_t i = 0; i < n; i += stride)
		words[i] = i;
	for (size_t i = n / stride - 1; i > 0; i--) {
		uint64_t other, kept;

		other = next_random(&random) % i * stride;
		kept = words[i * stride];
		words[i * stride] = words[other];
		words[other] = kept;
	}
}

static const struct {
	const char *name;
	void (*pass)(word *words, size_t n, size_t stride);
} patterns[] = {
	{ "nothing", nothing },	      { "read", read_all },
	{ "write", write_all },	      { "add", add_all },
	{ "exchange", exchange_all }, { "add-unlocked", add_all_unlocked },
	{ "across", read_across },    { "favourite", read_favourite },
	{ "random", follow },	      { "scattered", read_scattered },
};

static __attribute__((noinline)) void
measure(void (*pass)(word *words, size_t n, size_t stride), word *words,
	size_t n, size_t stride, unsigned long passes)
{
	while (--passes)
		pass(words, n, stride);
	MARK(MARK_BEGIN);
	__builtin_ia32_rdtsc();
	pass(words, n, stride);
	__builtin_ia32_rdtsc();
	MARK(MARK_END);
}

int main(int argc, char **argv)
{
	size_t bytes, stride, n;
	unsigned long passes;
	word *words;

	if (argc < 5)
		return 2;
	bytes = strtoul(argv[2], NULL, 10);
	stride = strtoul(argv[3], NULL, 10) / sizeof(*words);
	passes = strtoul(argv[4], NULL, 10);
	n = bytes / sizeof(*words);
	words = aligned_alloc(1 << 20, (bytes + (1 << 20) - 1) >> 20 << 20);
	if (!words || !stride || !passes)
		return 2;
	shuffle(words, n, stride);

	/* The stack of a section begins a line, whatever the environment is. */
	__asm__ volatile(
		""
		:
		: "r"(alloca((uintptr_t)__builtin_frame_address(0) % 64)));
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		if (strcmp(patterns[i].name, argv[1]))
			continue;
		if (argc > 5)
			mark_name(0, argv[1]);
		measure(patterns[i].pass, words, n, stride, passes);
		return 0;
	}
	return 2;
}
