/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ISLAND_H
#define ISLAND_H

#include <stddef.h>

/*
 * mmap() at an address of its own: right before the memory and right behind it
 * nothing is mapped, by nobody. The test fails if that does.
 */
void *island_map(size_t len, int prot, int flags, int fd);

#endif
