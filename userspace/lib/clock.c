// SPDX-License-Identifier: GPL-2.0-only
/* What a nanosecond means on this machine, and what taking the time costs. */
#include <stdio.h>
#include <string.h>

#include <phyr/clock.h>

#include "sorted.h"

#define SOURCE_PATH \
	"/sys/devices/system/clocksource/clocksource0/current_clocksource"
#define KIND_OPTION "phyr.clock="

static int read_line(const char *path, char *line, int room)
{
	FILE *file = fopen(path, "re");
	char *got;

	if (!file)
		return -1;
	got = fgets(line, room, file);
	fclose(file);
	if (!got)
		return -1;
	line[strcspn(line, "\n")] = '\0';
	return 0;
}

void phyr_clock_describe(struct phyr_clock *clock)
{
	char line[4096], *rest, *word;

	if (read_line(SOURCE_PATH, clock->source, sizeof(clock->source)))
		strcpy(clock->source, "unknown");

	strcpy(clock->kind, "native");
	if (read_line("/proc/cmdline", line, sizeof(line)))
		return;
	for (word = strtok_r(line, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest)) {
		if (!strncmp(word, KIND_OPTION, strlen(KIND_OPTION)))
			snprintf(clock->kind, sizeof(clock->kind), "%s",
				 word + strlen(KIND_OPTION));
	}
}

uint64_t phyr_clock_overhead_ns(void)
{
	uint64_t samples[101];

	for (int i = 0; i < 101; i++) {
		uint64_t start = phyr_clock_ns();

		samples[i] = phyr_clock_ns() - start;
	}
	sort(samples, 101);
	return sorted_median(samples, 101);
}
