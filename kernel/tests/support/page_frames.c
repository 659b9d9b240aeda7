// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base_page.h"
#include "page_frames.h"

#define PAGEMAP_PRESENT (1ull << 63)
#define PAGEMAP_FRAME ((1ull << 55) - 1)

static uint64_t read_word(const char *path, uint64_t index)
{
	uint64_t word = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (pread(fd, &word, sizeof(word), index * sizeof(word)) !=
	    sizeof(word))
		word = 0;
	close(fd);
	return word;
}

uint64_t page_frame(pid_t pid, const void *addr)
{
	char path[64];
	uint64_t word;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	word = read_word(path, (uintptr_t)addr / PAGE);
	return word & PAGEMAP_PRESENT ? word & PAGEMAP_FRAME : 0;
}

uint64_t page_frame_flags(uint64_t frame)
{
	return read_word("/proc/kpageflags", frame);
}

/* Nodes do not matter here: the machine has one. */
static bool zone_movable(uint64_t *first, uint64_t *pages)
{
	FILE *file = fopen("/proc/zoneinfo", "re");
	bool inside = false;
	char line[256];

	*first = 0;
	*pages = 0;
	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "Node", 4))
			inside = strstr(line, "Movable");
		if (inside) {
			sscanf(line, " spanned %lu", pages);
			sscanf(line, " start_pfn: %lu", first);
		}
	}
	if (file)
		fclose(file);
	return *pages;
}

bool zone_movable_exists(void)
{
	uint64_t first, pages;

	return zone_movable(&first, &pages);
}

bool page_frame_movable(uint64_t frame)
{
	uint64_t first, pages;

	return zone_movable(&first, &pages) && frame >= first &&
	       frame - first < pages;
}
