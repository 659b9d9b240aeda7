/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DICE_H
#define DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Chance that repeats: the same seed rolls the same numbers. */
struct dice {
	unsigned short state[3];
};

static inline struct dice dice_with_seed(uint32_t seed)
{
	return (struct dice){ { 0x330e, seed, seed >> 16 } };
}

/* 0 to @sides - 1; @sides is at most 2^31. */
static inline size_t dice_roll(struct dice *dice, size_t sides)
{
	return (uint64_t)nrand48(dice->state) * sides >> 31;
}

static inline bool dice_one_in(struct dice *dice, size_t sides)
{
	return !dice_roll(dice, sides);
}

#endif
