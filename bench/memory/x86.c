// SPDX-License-Identifier: GPL-2.0-only
/* As much of x86-64's instructions as counting needs. */
#include <string.h>

#include "marks.h"
#include "x86.h"

struct reader {
	const uint8_t *at;
	const uint8_t *end;
};

static unsigned int next(struct reader *reader)
{
	return reader->at < reader->end ? *reader->at++ : 0;
}

static bool is_prefix(unsigned int byte)
{
	return byte && memchr("\x66\x67\xf2\xf3\x2e\x36\x3e\x26\x64\x65\xf0",
			      (int)byte, 11);
}

/* Whether LOCK may stand before it, with a memory operand. */
static bool lockable(bool two_bytes, unsigned int opcode, unsigned int field)
{
	if (two_bytes)
		switch (opcode) {
		case 0xb0:
		case 0xb1: /* cmpxchg */
		case 0xc0:
		case 0xc1: /* xadd */
		case 0xab:
		case 0xb3:
		case 0xbb: /* bts, btr, btc */
			return true;
		case 0xba:
			return field >= 5;
		case 0xc7: /* cmpxchg16b */
			return field == 1;
		default:
			return false;
		}
	switch (opcode) {
	case 0x80:
	case 0x81:
	case 0x83:
		return field != 7;
	case 0xf6:
	case 0xf7: /* not, neg */
		return field == 2 || field == 3;
	case 0xfe:
	case 0xff: /* inc, dec */
		return field < 2;
	default: /* add to xor, into memory */
		return opcode < 0x38 && (opcode & 7) < 2;
	}
}

/*
 * Where the kernel has one CPU, it writes a DS prefix, which does nothing, over
 * each LOCK. Elsewhere the same instruction is a locked one.
 */
static bool is_locked(bool lock, bool ds, bool two_bytes, unsigned int opcode,
		      unsigned int modrm)
{
	bool memory = modrm >> 6 != 3;

	if (!two_bytes && (opcode == 0x86 || opcode == 0x87)) /* xchg */
		return memory;
	return lock ||
	       (ds && memory && lockable(two_bytes, opcode, modrm >> 3 & 7));
}

static enum x86_end end_of(bool two_bytes, unsigned int opcode,
			   unsigned int modrm)
{
	if (two_bytes)
		return X86_OTHER;
	if (opcode == 0xe8 || (opcode == 0xff && (modrm >> 3 & 7) == 2))
		return X86_CALL;
	return opcode == 0xc2 || opcode == 0xc3 ? X86_RETURN : X86_OTHER;
}

struct x86_insn x86_decode(const uint8_t *bytes, size_t size)
{
	static const uint8_t mark[] = { MARK_OPCODE };
	struct reader reader = { bytes, bytes + size };
	struct x86_insn insn = { 0 };
	bool lock = false, ds = false, two_bytes;
	unsigned int byte, modrm;

	if (size == sizeof(mark) + sizeof(insn.operand) &&
	    !memcmp(bytes, mark, sizeof(mark))) {
		memcpy(&insn.operand, bytes + sizeof(mark),
		       sizeof(insn.operand));
		insn.mark = (insn.operand & MARK_MASK) == MARK_MAGIC;
		return insn;
	}

	while (is_prefix(byte = next(&reader))) {
		lock = lock || byte == 0xf0;
		ds = ds || byte == 0x3e;
	}
	if ((byte & 0xf0) == 0x40) /* REX */
		byte = next(&reader);
	two_bytes = byte == 0x0f;
	if (two_bytes)
		byte = next(&reader);
	modrm = next(&reader);
	/* rdtsc, rdtscp */
	insn.clock = two_bytes &&
		     (byte == 0x31 || (byte == 0x01 && modrm == 0xf9));
	insn.locked = is_locked(lock, ds, two_bytes, byte, modrm);
	insn.end = end_of(two_bytes, byte, modrm);
	return insn;
}
