/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PATTERN_H
#define PATTERN_H

#include <stddef.h>
#include <stdint.h>

/*
 * Bytes that depend on their address and a seed, so that data that went to or
 * came from a wrong place is not right by accident.
 */
void pattern_fill(void *addr, size_t len, uint64_t seed);

/* The first byte that is not as filled, or NULL. */
const void *pattern_mismatch(const void *addr, size_t len, uint64_t seed);

#endif
