// SPDX-License-Identifier: GPL-2.0-only
/* Finds runs and their results in the database. */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "archive_parts.h"

#define HEAD_COLUMNS                                                     \
	"SELECT id, name, imported, state, reason, workloads, finished," \
	" created_ns, started_ns, ended_ns, kernel, clock, tags, notes"  \
	" FROM runs LEFT JOIN about ON run = id"

static uint64_t get_number(sqlite3_stmt *row, int column)
{
	return (uint64_t)sqlite3_column_int64(row, column);
}

static void get_text(sqlite3_stmt *row, int column, char *text, size_t room)
{
	const unsigned char *value = sqlite3_column_text(row, column);

	snprintf(text, room, "%s", value ? (const char *)value : "");
}

static void read_head(const struct archive *archive, sqlite3_stmt *row,
		      struct run_head *head)
{
	char state[16];

	*head = (struct run_head){ 0 };
	head->id = get_number(row, 0);
	get_text(row, 1, head->name, sizeof(head->name));
	head->imported = get_number(row, 2);
	get_text(row, 3, state, sizeof(state));
	head->state = run_state_parse(state);
	get_text(row, 4, head->reason, sizeof(head->reason));
	head->workloads = get_number(row, 5);
	head->finished = get_number(row, 6);
	head->created_ns = get_number(row, 7);
	head->started_ns = get_number(row, 8);
	head->ended_ns = get_number(row, 9);
	get_text(row, 10, head->kernel, sizeof(head->kernel));
	get_text(row, 11, head->clock, sizeof(head->clock));
	get_text(row, 12, head->tags, sizeof(head->tags));
	get_text(row, 13, head->notes, sizeof(head->notes));
	if (head->state == RUN_QUEUED && head->id <= archive->inherited) {
		head->state = RUN_ABORTED;
		strcpy(head->reason, LAST_WORDS);
	}
}

int archive_list(struct archive *archive, uint64_t before,
		 struct run_head *heads, size_t room, size_t *n,
		 struct phyr_error *error)
{
	sqlite3_stmt *statement =
		database_prepare(archive->database, HEAD_COLUMNS
				 " WHERE id < ? ORDER BY id DESC LIMIT ?");
	int code, ret = 0;

	*n = 0;
	if (!statement)
		return database_error(archive->database, error);
	database_bind_number(statement, 1,
			     before > INT64_MAX ? (uint64_t)INT64_MAX : before);
	database_bind_number(statement, 2, room);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW)
		read_head(archive, statement, &heads[(*n)++]);
	if (code != SQLITE_DONE)
		ret = database_error(archive->database, error);
	database_done(statement);
	return ret;
}

/* Steps a statement to its only row: -ENOENT if there is none. */
static int step_to_row(struct archive *archive, sqlite3_stmt *statement,
		       struct phyr_error *error)
{
	switch (sqlite3_step(statement)) {
	case SQLITE_ROW:
		return 0;
	case SQLITE_DONE:
		return phyr_error_set(error, -ENOENT, "no such row");
	default:
		return database_error(archive->database, error);
	}
}

int archive_find(struct archive *archive, uint64_t id, struct run_head *head,
		 struct phyr_error *error)
{
	sqlite3_stmt *statement = database_prepare(
		archive->database, HEAD_COLUMNS " WHERE id = ?");
	int ret;

	if (!statement)
		return database_error(archive->database, error);
	database_bind_number(statement, 1, id);
	ret = step_to_row(archive, statement, error);
	if (!ret)
		read_head(archive, statement, head);
	database_done(statement);
	return ret;
}

static void append_column(struct text *text, sqlite3_stmt *row, int column)
{
	const void *bytes = sqlite3_column_text(row, column);

	text_add_bytes(text, bytes, (size_t)sqlite3_column_bytes(row, column));
}

int archive_context(struct archive *archive, uint64_t id, struct text *text,
		    struct phyr_error *error)
{
	sqlite3_stmt *statement = database_prepare(
		archive->database, "SELECT context FROM runs WHERE id = ?");
	int ret;

	if (!statement)
		return database_error(archive->database, error);
	database_bind_number(statement, 1, id);
	ret = step_to_row(archive, statement, error);
	if (!ret)
		append_column(text, statement, 0);
	database_done(statement);
	return ret;
}

int archive_result(struct archive *archive, uint64_t id, size_t position,
		   struct text *document, size_t *n, struct phyr_error *error)
{
	sqlite3_stmt *statement = database_prepare(
		archive->database,
		"SELECT document, coalesce(length(samples), 0)"
		" FROM results WHERE run = ? AND position = ?");
	int ret;

	if (!statement)
		return database_error(archive->database, error);
	database_bind_number(statement, 1, id);
	database_bind_number(statement, 2, position);
	ret = step_to_row(archive, statement, error);
	if (!ret) {
		append_column(document, statement, 0);
		*n = get_number(statement, 1) / sizeof(uint64_t);
	}
	database_done(statement);
	return ret;
}

int archive_samples(struct archive *archive, uint64_t id, size_t position,
		    size_t first, uint64_t *samples, size_t n,
		    struct phyr_error *error)
{
	sqlite3_stmt *statement = database_prepare(
		archive->database, "SELECT substr(samples, ?, ?) FROM results"
				   " WHERE run = ? AND position = ?");
	size_t size = n * sizeof(*samples);
	int ret;

	if (!statement)
		return database_error(archive->database, error);
	database_bind_number(statement, 1, first * sizeof(*samples) + 1);
	database_bind_number(statement, 2, size);
	database_bind_number(statement, 3, id);
	database_bind_number(statement, 4, position);
	ret = step_to_row(archive, statement, error);
	if (!ret) {
		const void *blob = sqlite3_column_blob(statement, 0);

		if (blob && (size_t)sqlite3_column_bytes(statement, 0) == size)
			memcpy(samples, blob, size);
		else
			ret = phyr_error_set(error, -ENOENT, "no such samples");
	}
	database_done(statement);
	for (size_t i = 0; i < n && !ret; i++)
		samples[i] = le64toh(samples[i]);
	return ret;
}

size_t archive_count(struct archive *archive, enum run_state state)
{
	sqlite3_stmt *statement = database_prepare(
		archive->database, "SELECT count(*) FROM runs WHERE state = ?");
	size_t n = 0;

	if (!statement)
		return 0;
	database_bind_text(statement, 1, run_state_name(state));
	if (sqlite3_step(statement) == SQLITE_ROW)
		n = get_number(statement, 0);
	database_done(statement);
	return n;
}
