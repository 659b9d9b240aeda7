/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the memory clock of ./phyr bench is told: bench/memory/marks.h.
 *
 * A mark is a NOP whose operand names it. It stands outside what is timed, in
 * front of the first reading of the clock and behind the last one, so that it
 * is in no figure.
 */
#ifndef MARKS_H
#define MARKS_H

#include <stdint.h>

#include <phyr/clock.h>

#define MARK_BEGIN 0x70680100
#define MARK_END 0x70680200
#define MARK_NAME 0x70680300
#define MARK_CHARACTER 0x70680400
#define MARK_LAST 0x70680500
#define MARK_ROUNDS 0x70680600
#define MARK_WAKE 0x70680700

#ifdef __x86_64__
#define MARK(mark) \
	__asm__ volatile("nopl %c0(%%rax,%%rax,1)" : : "i"(mark) : "memory")
#else
#define MARK(mark) ((void)(mark))
#endif

/* The sections of a round have places in it, from 0 on. */
#define clock_begin(place)                  \
	({                                  \
		MARK(MARK_BEGIN + (place)); \
		phyr_clock_ns();            \
	})

#define clock_end(place)                             \
	({                                           \
		uint64_t clock_ns = phyr_clock_ns(); \
		MARK(MARK_END + (place));            \
		clock_ns;                            \
	})

/* A character is where the access behind its mark goes, counted from here. */
static inline void mark_character(char character)
{
	static const unsigned char table[256] __attribute__((aligned(256)));

#ifdef __x86_64__
	const unsigned char *where = &table[(unsigned char)character];
	unsigned char nothing;

	__asm__ volatile("movb %[first], %[nothing]\n\t"
			 "nopl %c[mark](%%rax,%%rax,1)\n\t"
			 "movb %[where], %[nothing]"
			 : [nothing] "=&q"(nothing)
			 : [first] "m"(table[0]), [where] "m"(*where),
			   [mark] "i"(MARK_CHARACTER)
			 : "memory");
#else
	(void)table;
	(void)character;
#endif
}

static inline void mark_text(const char *text)
{
	do
		mark_character(*text);
	while (*text++);
}

/* mark_name() - which row the samples of sections in that place belong to. */
#define mark_name(place, name)             \
	do {                               \
		MARK(MARK_NAME + (place)); \
		mark_text(name);           \
	} while (0)

/* mark_last() - the rounds that were named are over. */
#define mark_last() MARK(MARK_LAST)

#endif
