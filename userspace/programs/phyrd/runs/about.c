// SPDX-License-Identifier: GPL-2.0-only
/* Tags, notes and the request of a run in the database. */
#include <errno.h>

#include "about.h"

int about_write(struct database *database, uint64_t id,
		const struct run_head *head, const char *request,
		struct phyr_error *error)
{
	sqlite3_stmt *statement = database_prepare(
		database,
		"INSERT INTO about (run, tags, notes, request) VALUES (?1, ?2, ?3,"
		" coalesce(?4, '')) ON CONFLICT (run) DO UPDATE SET tags = ?2,"
		" notes = ?3, request = coalesce(?4, request)");

	if (!statement)
		return database_error(database, error);
	database_bind_number(statement, 1, id);
	database_bind_text(statement, 2, head->tags);
	database_bind_text(statement, 3, head->notes);
	if (request)
		database_bind_text(statement, 4, request);
	return database_run(database, statement, error);
}

int about_request(struct database *database, uint64_t id, struct text *text,
		  struct phyr_error *error)
{
	sqlite3_stmt *statement = database_prepare(
		database,
		"SELECT request FROM about WHERE run = ? AND request <> ''");
	int code, ret = 0;

	if (!statement)
		return database_error(database, error);
	database_bind_number(statement, 1, id);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		text_add_bytes(text, sqlite3_column_text(statement, 0),
			       (size_t)sqlite3_column_bytes(statement, 0));
	else if (code == SQLITE_DONE)
		ret = phyr_error_set(error, -ENOENT, "no such request");
	else
		ret = database_error(database, error);
	database_done(statement);
	return ret;
}
