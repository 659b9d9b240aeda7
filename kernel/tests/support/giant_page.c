// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "clock_ns.h"
#include "giant_page.h"
#include "layout_case.h"

#define MOST_SECONDS 60

void giant_page_map(struct layout *layout)
{
	static const struct layout_part part = { "hugetlb-1G", 1, 0,
						 TOUCH_NOT };

	layout_case_build(layout, &part, 1, 0);
}

/* CONFIG_DEBUG_VM looks at every page of every pin, 2^31 in the end. */
unsigned int giant_page_seconds(uint64_t start)
{
	const uint64_t ns =
		(clock_ns() - start) / GIANT_PAGE_TRIED * GIANT_PAGE_OFTEN;
	const unsigned int seconds = ns / 1000000000;

	return seconds < MOST_SECONDS || getenv("PHYR_LONG") ? 0 : seconds;
}
