/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>

/*
 * A table on stdout. Its first row is the heading.
 */
struct table;

/**
 * table_create() - an empty table
 * @align: a letter for each column: l or r
 *
 * It aborts where memory runs out, as do the others.
 */
struct table *table_create(const char *align);

/**
 * table_add() - add a row: as many strings as there are columns
 *
 * Control characters in them are replaced.
 */
void table_add(struct table *table, const char *const *cells);

#define table_row(table, ...) \
	table_add(table, (const char *const[]){ __VA_ARGS__ })

/**
 * table_print() - print, and destroy
 */
void table_print(struct table *table);
void table_destroy(struct table *table);

#endif
