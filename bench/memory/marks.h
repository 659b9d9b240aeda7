/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What measured code says to the memory clock.
 *
 * A mark is a NOP of eight bytes with an operand of 32 bits that it does not
 * use. The library and /dev/phyr_test have these numbers, too:
 * userspace/lib/marks.h, kernel/files/mm/phyr_test/marks.h.
 */
#ifndef MARKS_H
#define MARKS_H

#define MARK_OPCODE 0x0f, 0x1f, 0x84, 0x00
#define MARK_MAGIC UINT32_C(0x70680000)
#define MARK_MASK UINT32_C(0xffff0000)

/* Bits 8 to 15; bits 0 to 7 are a slot: a place in the round. */
enum mark {
	MARK_BEGIN = 1, /* the section begins at the next clock read */
	MARK_END = 2, /* it has ended at the last clock read */
	MARK_NAME = 3, /* characters of the row's name follow */
	MARK_CHARACTER = 4, /* is the next access's address, modulo 256 */
	MARK_LAST = 5, /* the rounds that were named are over */
	MARK_WAKE = 7, /* other marks will come */
	MARK_ROUNDS = 6 /* they begin: samples up to here are none */
};

#define SLOTS 2

#endif
