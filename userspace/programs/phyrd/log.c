// SPDX-License-Identifier: GPL-2.0-only
/* What an operator must know, once each, and no flood of it. */
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <phyr/clock.h>

#include "limits.h"
#include "log.h"

#define WINDOW_NS (UINT64_C(1000000000) * LIMIT_LOG_SECONDS)

/* For a service manager that keeps lines by their importance, see sd-daemon(3). */
static const char *const levels[LOG_KINDS] = {
	[LOG_START] = "<6>", [LOG_FAILURE] = "<3>", [LOG_REFUSAL] = "<5>",
	[LOG_CROWD] = "<4>", [LOG_RUN] = "<4>",
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Guarded by @lock. */
static struct window {
	uint64_t began;
	unsigned int lines;
	unsigned long long left_out;
	char last[400];
} windows[LOG_KINDS];

static bool is_allowed(struct window *window, const char *line)
{
	uint64_t now = phyr_clock_ns();

	if (!window->began || now - window->began > WINDOW_NS) {
		window->began = now;
		window->lines = 0;
		*window->last = '\0';
	}
	if (window->lines == LIMIT_LOG_LINES || !strcmp(window->last, line)) {
		window->left_out++;
		return false;
	}
	window->lines++;
	strcpy(window->last, line);
	return true;
}

void log_line(enum log_kind kind, const char *format, ...)
{
	const char *level = getenv("JOURNAL_STREAM") ? levels[kind] : "";
	struct window *window = &windows[kind];
	char line[sizeof(window->last)];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	for (char *c = line; *c; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	pthread_mutex_lock(&lock);
	if (is_allowed(window, line)) {
		if (window->left_out)
			fprintf(stderr, "%sphyrd: %llu lines were left out\n",
				level, window->left_out);
		window->left_out = 0;
		fprintf(stderr, "%sphyrd: %s\n", level, line);
	}
	pthread_mutex_unlock(&lock);
}
