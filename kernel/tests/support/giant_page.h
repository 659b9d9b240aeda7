/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page of 1 GiB, pinned whole until its counter is full: 2^18 pins each time,
 * a counter of 31 bits, so that this ends before 2^13 times.
 */
#ifndef GIANT_PAGE_H
#define GIANT_PAGE_H

#include <stdint.h>

#include "layout.h"

#define GIANT_PAGE_LEN (1ul << 30)
#define GIANT_PAGE_PINS (GIANT_PAGE_LEN / 4096)
#define GIANT_PAGE_TOO_OFTEN 8200
/* Must still work: an eighth of the count stays unused. */
#define GIANT_PAGE_OFTEN 7000
/* Enough to tell how long the rest will take. */
#define GIANT_PAGE_TRIED 32

/* The layout becomes one such page, or the test is skipped. */
void giant_page_map(struct layout *layout);

/*
 * Seconds that the whole test takes if GIANT_PAGE_TRIED pins took from @start,
 * of clock_ns(), until now; 0 if that is no reason to give up.
 */
unsigned int giant_page_seconds(uint64_t start);

#endif
