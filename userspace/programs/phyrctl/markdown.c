// SPDX-License-Identifier: GPL-2.0-only
/* A comparison as a table of Markdown. */
#include <string.h>

#include "command.h"
#include "text.h"

/* A bar would begin another cell. */
static void print_cell(const char *text)
{
	char copy[TEXT_NAME];

	snprintf(copy, sizeof(copy), "%s", text);
	text_disarm(copy);
	fputs(" ", stdout);
	for (const char *c = copy; *c; c++)
		printf("%s%c", *c == '|' ? "\\" : "", *c);
	fputs(" |", stdout);
}

static void print_side(const json_t *side, const char *clock)
{
	const json_t *median = json_object_get(side, "median");
	char text[TEXT_TIME];

	if (json_object_get(side, "error")) {
		print_cell(text_of(side, "error"));
		return;
	}
	text_figure(median ? median : json_object_get(side, "mean"), "ns",
		    clock, text);
	print_cell(text);
}

static void print_row(const json_t *row, const char *clock)
{
	const char *verdict = text_of(row, "verdict");
	char name[TEXT_NAME], factor[TEXT_TIME] = "-";

	text_name(row, name);
	text_ratio(json_object_get(row, "ratio"), factor);
	putchar('|');
	print_cell(name);
	print_side(json_object_get(row, "base"), clock);
	print_side(json_object_get(row, "head"), clock);
	print_cell(factor);
	print_cell(*verdict ? verdict : "-");
	putchar('\n');
}

static void print_heading(const json_t *run, const char *what,
			  const char *clock)
{
	char text[TEXT_NAME];

	snprintf(text, sizeof(text), "%s: %.200s%s", what,
		 *text_of(run, "name") ? text_of(run, "name")
				       : text_of(run, "kernel"),
		 text_unit(clock));
	print_cell(text);
}

void markdown_print(const json_t *comparison)
{
	const json_t *base = json_object_get(comparison, "base");
	const json_t *head = json_object_get(comparison, "head");
	const char *clock = text_of(head, "clock");
	const json_t *row;
	size_t i;

	fputs("| workload |", stdout);
	print_heading(base, "base", clock);
	print_heading(head, "head", clock);
	puts(" ratio | head is |\n| --- | ---: | ---: | ---: | --- |");
	json_array_foreach(json_object_get(comparison, "rows"), i, row)
		print_row(row, clock);
}
