// SPDX-License-Identifier: GPL-2.0-only
/* The line on the terminal that shows how far a run is. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "progress.h"
#include "text.h"

#define BAR 24
#define TIME_LEFT 48
#define CLEAR_LINE "\r\033[K"

static int terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return 80;
	return size.ws_col;
}

static double number_of(const json_t *object, const char *member)
{
	return json_number_value(json_object_get(object, member));
}

/* Of a run that is done in part: 0 to 1. */
static double share(const json_t *head)
{
	const json_t *measuring = json_object_get(head, "measuring");
	double done = number_of(head, "finished");
	double all = number_of(head, "workloads");

	if (number_of(measuring, "of") > 0)
		done += number_of(measuring, "samples") /
			number_of(measuring, "of");
	return all > 0 && done >= 0 && done < all ? done / all : all > 0;
}

/* Empty until there is something to tell it by. */
static void time_left(struct progress *progress, const json_t *head,
		      char text[TIME_LEFT])
{
	double now, left, done = share(head);
	struct timespec ts;

	*text = '\0';
	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
	if (!progress->begun || strcmp(text_of(head, "state"), "running")) {
		progress->begun = now;
		progress->share = done;
	}
	if (done <= progress->share || now - progress->begun < 1)
		return;
	left = (now - progress->begun) * (1 - done) / (done - progress->share);
	if (left < 100)
		snprintf(text, TIME_LEFT, ", about %.0f s left", left);
	else if (left < 1e7)
		snprintf(text, TIME_LEFT, ", about %.0f min left", left / 60);
}

static void draw_bar(double done, char bar[BAR + 1])
{
	memset(bar, '.', BAR);
	memset(bar, '#', (size_t)(done * BAR));
	bar[BAR] = '\0';
}

void progress_draw(struct progress *progress, const json_t *head)
{
	const json_t *measuring = json_object_get(head, "measuring");
	char line[256], bar[BAR + 1], left[TIME_LEFT], what[160] = "";

	draw_bar(share(head), bar);
	time_left(progress, head, left);
	if (measuring)
		snprintf(what, sizeof(what), ", %.100s %.0f/%.0f samples",
			 text_of(measuring, "workload"),
			 number_of(measuring, "samples"),
			 number_of(measuring, "of"));
	snprintf(line, sizeof(line), "[%s] %.0f/%.0f %.20s%s%s", bar,
		 number_of(head, "finished"), number_of(head, "workloads"),
		 text_of(head, "state"), what, left);
	text_disarm(line);
	fprintf(stderr, CLEAR_LINE "%.*s", terminal_width() - 1, line);
}

void progress_clear(void)
{
	fputs(CLEAR_LINE, stderr);
}
