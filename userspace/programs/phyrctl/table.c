// SPDX-License-Identifier: GPL-2.0-only
/* Prints tables whose columns are aligned. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "table.h"
#include "text.h"

struct table {
	const char *align;
	size_t columns;
	char **cells;
	size_t n; /* of @cells */
};

static void *or_abort(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

struct table *table_create(const char *align)
{
	struct table *table = or_abort(calloc(1, sizeof(*table)));

	table->align = align;
	table->columns = strlen(align);
	return table;
}

void table_add(struct table *table, const char *const *cells)
{
	table->cells =
		or_abort(reallocarray(table->cells, table->n + table->columns,
				      sizeof(*table->cells)));
	for (size_t i = 0; i < table->columns; i++) {
		char *copy = or_abort(strdup(cells[i]));

		text_disarm(copy);
		table->cells[table->n++] = copy;
	}
}

/* Columns that a terminal needs; bytes where the locale does not know them. */
static int width_of(const char *text)
{
	wchar_t wide[512];
	int width;

	if (mbstowcs(wide, text, 512) >= 512)
		return (int)strlen(text);
	width = wcswidth(wide, 512);
	return width < 0 ? (int)strlen(text) : width;
}

static int column_width(const struct table *table, size_t column)
{
	int widest = 0;

	for (size_t i = column; i < table->n; i += table->columns) {
		int width = width_of(table->cells[i]);

		if (width > widest)
			widest = width;
	}
	return widest;
}

static void print_cell(const struct table *table, size_t i, const int *widths)
{
	size_t column = i % table->columns;
	int pad = widths[column] - width_of(table->cells[i]);
	bool last = column + 1 == table->columns;

	if (table->align[column] == 'r')
		printf("%*s%s", pad, "", table->cells[i]);
	else
		printf("%s%*s", table->cells[i], last ? 0 : pad, "");
	fputs(last ? "\n" : "  ", stdout);
}

void table_destroy(struct table *table)
{
	for (size_t i = 0; i < table->n; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table);
}

void table_print(struct table *table)
{
	int *widths = or_abort(calloc(table->columns, sizeof(*widths)));

	for (size_t i = 0; i < table->columns; i++)
		widths[i] = column_width(table, i);
	for (size_t i = 0; i < table->n; i++)
		print_cell(table, i, widths);
	free(widths);
	table_destroy(table);
}
