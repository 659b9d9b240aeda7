/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/phyr_test: what an emulator is told of the parts that are timed
 *
 * A mark is a NOP whose operand names it. It stands in front of the first
 * reading of the clock and behind the last one, so that it is in no sample of
 * its own part.
 */
#ifndef _MM_PHYR_TEST_MARKS_H
#define _MM_PHYR_TEST_MARKS_H

#include <linux/compiler.h>
#include <linux/ktime.h>
#include <linux/types.h>

#define PHYR_TEST_MARK_BEGIN	0x70680100
#define PHYR_TEST_MARK_END	0x70680200

static __always_inline void phyr_test_mark(const u32 mark)
{
#ifdef CONFIG_X86_64
	asm volatile("nopl %c0(%%rax,%%rax,1)" : : "i" (mark) : "memory");
#endif
}

/* @place: of the part in its round, from 0 on; a constant */
static __always_inline u64 phyr_test_begin(const u32 place)
{
	phyr_test_mark(PHYR_TEST_MARK_BEGIN + place);
	return ktime_get_ns();
}

static __always_inline u64 phyr_test_end(const u32 place)
{
	u64 ns = ktime_get_ns();

	phyr_test_mark(PHYR_TEST_MARK_END + place);
	return ns;
}

#endif /* _MM_PHYR_TEST_MARKS_H */
