/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef X86_H
#define X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a block of code ends. */
enum x86_end {
	X86_OTHER,
	X86_CALL,
	X86_RETURN
};

/* What an instruction of x86-64 is to us. */
struct x86_insn {
	bool locked; /* reads and writes memory as one, on all CPUs */
	bool clock; /* reads the time-stamp counter */
	bool mark; /* a mark, whose operand is: */
	uint32_t operand;
	enum x86_end end;
};

/** x86_decode() - what these bytes are; @size of them are one instruction */
struct x86_insn x86_decode(const uint8_t *bytes, size_t size);

#endif
