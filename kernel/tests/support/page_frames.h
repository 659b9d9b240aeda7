/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_FRAMES_H
#define PAGE_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Frame number of the page at @addr in the page tables of @pid, 0 if none. */
uint64_t page_frame(pid_t pid, const void *addr);

/* Flags of a frame as in linux/kernel-page-flags.h, one bit each. */
uint64_t page_frame_flags(uint64_t frame);

/* Whether ZONE_MOVABLE, if there is one, has that frame. */
bool page_frame_movable(uint64_t frame);
bool zone_movable_exists(void);

#endif
