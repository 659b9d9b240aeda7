/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MEMORY_KIND_H
#define MEMORY_KIND_H

#include <stdbool.h>
#include <stddef.h>

/**
 * enum memory_touch - how memory is faulted in before GUP comes
 * @TOUCH_NOT: GUP never finds it mapped before
 * @TOUCH_READ: reads only: zero pages, page cache
 * @TOUCH_WRITE: writes
 */
enum memory_touch {
	TOUCH_NOT,
	TOUCH_READ,
	TOUCH_WRITE,
};

/**
 * struct memory_kind - what a stretch of address space can be made of
 * @name: for messages
 * @granule: size of its pages in bytes; it is mapped in whole ones, aligned
 * @prot: as for mmap()
 * @flags: as for mmap(); MAP_FIXED is added
 * @advice: as for madvise(), 0 for none
 * @touch: the most that may be done to it without a signal
 * @open: file behind it, opened once; NULL for anonymous memory
 * @file_granules: length of that file in granules
 * @weight: how often a random layout has it, against the others
 * @refused: GUP never takes any of it
 * @tracked: a file whose writes are tracked: not for FOLL_LONGTERM to write to
 * @unavailable: why this kernel or machine has none; NULL if it has.
 *	memory_kinds_prepare() finds out.
 * @fd: opened by memory_kinds_prepare(), -1 for anonymous memory
 */
struct memory_kind {
	const char *name;
	size_t granule;
	int prot;
	int flags;
	int advice;
	enum memory_touch touch;
	int (*open)(const struct memory_kind *kind);
	size_t file_granules;
	unsigned int weight;
	bool refused;
	bool tracked;
	const char *unavailable;
	int fd;
};

#define MEMORY_KINDS 24
extern struct memory_kind memory_kinds[MEMORY_KINDS];

/* @name must be one of them. */
const struct memory_kind *memory_kind_named(const char *name);

/* Open the files and try every kind at @scratch: 2 GiB, aligned to 1 GiB. */
void memory_kinds_prepare(void *scratch);

/* One byte of every base page. */
void memory_touch(void *addr, size_t len, enum memory_touch touch);

/* Returns 0 or a negative errno. @addr is aligned to the granule. */
int memory_map(const struct memory_kind *kind, void *addr, size_t granules,
	       size_t file_granule);

#endif
