// SPDX-License-Identifier: GPL-2.0-only
#include <sys/mman.h>

#include "harness.h"
#include "island.h"

/* Far from the addresses that the kernel chooses, and from those of a layout. */
#define FIRST ((char *)(1ul << 45))
#define APART (1ul << 30)

void *island_map(size_t len, int prot, int flags, int fd)
{
	static char *next = FIRST;
	void *island =
		mmap(next, len, prot, flags | MAP_FIXED_NOREPLACE, fd, 0);

	assert_ptr_not_equal(island, MAP_FAILED);
	next += APART;
	return island;
}
