// SPDX-License-Identifier: GPL-2.0-only
/* Reads from /proc/self/smaps which pages a mapping is made of. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "smaps.h"

static void parse_field(const char *line, struct smaps_area *area)
{
	const struct {
		const char *name;
		size_t *bytes;
	} fields[] = {
		{ "KernelPageSize:", &area->page_size },
		{ "Rss:", &area->resident },
		{ "AnonHugePages:", &area->huge },
		/* Linux 7.3 sometimes counts private 1 GiB pages as shared. */
		{ "Private_Hugetlb:", &area->hugetlb },
		{ "Shared_Hugetlb:", &area->hugetlb },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		size_t len = strlen(fields[i].name);

		size_t kib;

		if (!strncmp(line, fields[i].name, len) &&
		    sscanf(line + len, "%zu", &kib) == 1)
			*fields[i].bytes += kib * 1024;
	}
}

int smaps_find(const void *start, struct smaps_area *area)
{
	FILE *file = fopen("/proc/self/smaps", "re");
	struct smaps_area found = { .start = start };
	bool inside = false;
	char line[512];

	if (!file)
		return -errno;

	while (fgets(line, sizeof(line), file)) {
		uintptr_t from, to;

		if (sscanf(line, "%lx-%lx ", &from, &to) == 2) {
			if (inside)
				break;
			inside = from == (uintptr_t)start;
			found.len = to - from;
		} else if (inside) {
			parse_field(line, &found);
		}
	}
	fclose(file);
	if (!inside)
		return -ENOENT;
	*area = found;
	return 0;
}
