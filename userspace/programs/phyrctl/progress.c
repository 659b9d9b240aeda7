// SPDX-License-Identifier: GPL-2.0-only
/* The line on the terminal that shows how far a run is. */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "progress.h"
#include "text.h"

#define BAR 24
#define CLEAR_LINE "\r\033[K"

static int terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return 80;
	return size.ws_col;
}

void progress_draw(const json_t *head, const char *latest)
{
	long long done = json_integer_value(json_object_get(head, "finished"));
	long long all = json_integer_value(json_object_get(head, "workloads"));
	int filled = all > 0 ? (int)(done * BAR / all) : 0;
	char line[256], bar[BAR + 1];

	if (filled < 0 || filled > BAR)
		filled = BAR;
	memset(bar, '.', BAR);
	memset(bar, '#', (size_t)filled);
	bar[BAR] = '\0';
	snprintf(line, sizeof(line), "[%s] %lld/%lld %s%s%s", bar, done, all,
		 text_of(head, "state"), *latest ? ", last " : "", latest);
	text_disarm(line);
	fprintf(stderr, CLEAR_LINE "%.*s", terminal_width() - 1, line);
}

void progress_clear(void)
{
	fputs(CLEAR_LINE, stderr);
}
