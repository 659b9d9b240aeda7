// SPDX-License-Identifier: GPL-2.0-only
/* Stores runs and their results in the database, and finds them there. */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "about.h"
#include "archive.h"
#include "database.h"

#define RESULTS_AT_A_TIME 8
#define LAST_WORDS "phyrd ended before the run did"

struct archive {
	struct database *database;
	unsigned int history;
	uint64_t last_id;
};

static int abort_unfinished(struct archive *archive, struct phyr_error *error)
{
	return database_run(
		archive->database,
		database_prepare(
			archive->database,
			"UPDATE runs SET state = 'aborted', reason = '" LAST_WORDS
			"' WHERE state = 'queued'"),
		error);
}

static int find_last_id(struct archive *archive, struct phyr_error *error)
{
	sqlite3_stmt *statement = database_prepare(
		archive->database,
		"SELECT seq FROM sqlite_sequence WHERE name = 'runs'");
	int code = statement ? sqlite3_step(statement) : SQLITE_ERROR;
	int ret = 0;

	if (code == SQLITE_ROW)
		archive->last_id = (uint64_t)sqlite3_column_int64(statement, 0);
	else if (code != SQLITE_DONE)
		ret = database_error(archive->database, error);
	if (statement)
		database_done(statement);
	return ret;
}

int archive_open(const char *path, unsigned int history,
		 struct archive **archive, struct phyr_error *error)
{
	struct archive *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return phyr_error_set(error, -ENOMEM, "out of memory");
	new->history = history;
	ret = database_open(path, &new->database, error);
	if (!ret)
		ret = abort_unfinished(new, error);
	if (!ret)
		ret = find_last_id(new, error);
	if (ret) {
		archive_close(new);
		return ret;
	}
	*archive = new;
	return 0;
}

void archive_close(struct archive *archive)
{
	if (!archive)
		return;
	database_close(archive->database);
	free(archive);
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
	sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

static void bind_number(sqlite3_stmt *statement, int index, uint64_t number)
{
	sqlite3_bind_int64(statement, index, (sqlite3_int64)number);
}

/* The new run's id is last_id + 1, so that nothing need be read back. */
static int insert_run(struct archive *archive, const struct run_head *head,
		      const char *context, struct phyr_error *error)
{
	sqlite3_stmt *statement = database_prepare(
		archive->database,
		"INSERT INTO runs (id, name, imported, state, reason, workloads,"
		" finished, created_ns, started_ns, ended_ns, kernel, clock, context)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

	if (!statement)
		return database_error(archive->database, error);
	bind_number(statement, 1, archive->last_id + 1);
	bind_text(statement, 2, head->name);
	bind_number(statement, 3, head->imported);
	bind_text(statement, 4, run_state_name(head->state));
	bind_text(statement, 5, head->reason);
	bind_number(statement, 6, head->workloads);
	bind_number(statement, 7, head->finished);
	bind_number(statement, 8, head->created_ns);
	bind_number(statement, 9, head->started_ns);
	bind_number(statement, 10, head->ended_ns);
	bind_text(statement, 11, head->kernel);
	bind_text(statement, 12, head->clock);
	bind_text(statement, 13, context);
	return database_run(archive->database, statement, error);
}

static int insert_result(struct archive *archive, uint64_t id, size_t position,
			 const struct archive_result *result,
			 struct phyr_error *error)
{
	sqlite3_stmt *statement = database_prepare(
		archive->database,
		"INSERT INTO results (run, position, document, samples)"
		" VALUES (?, ?, ?, ?)");
	uint64_t *samples = NULL;
	int ret;

	if (!statement)
		return database_error(archive->database, error);
	bind_number(statement, 1, id);
	bind_number(statement, 2, position);
	sqlite3_bind_text64(statement, 3, result->document.data,
			    result->document.len, SQLITE_STATIC, SQLITE_UTF8);
	if (result->n) {
		samples = reallocarray(NULL, result->n, sizeof(*samples));
		if (!samples) {
			database_done(statement);
			return phyr_error_set(error, -ENOMEM, "out of memory");
		}
		for (size_t i = 0; i < result->n; i++)
			samples[i] = htole64(result->samples[i]);
		sqlite3_bind_blob64(statement, 4, samples,
				    result->n * sizeof(*samples),
				    SQLITE_STATIC);
	}
	ret = database_run(archive->database, statement, error);
	free(samples);
	return ret;
}

static int insert_results(struct archive *archive, uint64_t id,
			  const struct archive_result *results, size_t n,
			  struct phyr_error *error)
{
	int ret = 0;

	for (size_t i = 0; i < n && !ret; i++)
		ret = insert_result(archive, id, i, &results[i], error);
	return ret;
}

static int forget_oldest(struct archive *archive, struct phyr_error *error)
{
	sqlite3_stmt *statement = database_prepare(
		archive->database,
		"DELETE FROM runs WHERE id IN (SELECT id FROM runs"
		" WHERE state <> 'queued' ORDER BY id DESC LIMIT -1 OFFSET ?)");

	if (statement)
		bind_number(statement, 1, archive->history);
	return database_run(archive->database, statement, error);
}

static int update_run(struct archive *archive, const struct run_head *head,
		      struct phyr_error *error)
{
	sqlite3_stmt *statement = database_prepare(
		archive->database,
		"UPDATE runs SET state = ?, reason = ?, finished = ?,"
		" started_ns = ?, ended_ns = ? WHERE id = ?");

	if (!statement)
		return database_error(archive->database, error);
	bind_text(statement, 1, run_state_name(head->state));
	bind_text(statement, 2, head->reason);
	bind_number(statement, 3, head->finished);
	bind_number(statement, 4, head->started_ns);
	bind_number(statement, 5, head->ended_ns);
	bind_number(statement, 6, head->id);
	return database_run(archive->database, statement, error);
}

/* Ends a transaction in which everything so far has returned @ret. */
static int conclude(struct archive *archive, int ret, struct phyr_error *error)
{
	if (!ret)
		return database_commit(archive->database, error);
	database_rollback(archive->database);
	return ret;
}

int archive_add(struct archive *archive, struct run_head *head,
		const char *context, const char *request,
		struct phyr_error *error)
{
	uint64_t id = archive->last_id + 1;
	int ret = database_begin(archive->database, error);

	if (ret)
		return ret;
	ret = insert_run(archive, head, context, error);
	if (!ret)
		ret = about_write(archive->database, id, head, request, error);
	ret = conclude(archive, ret, error);
	if (!ret)
		head->id = archive->last_id = id;
	return ret;
}

static int rename_run(struct archive *archive, const struct run_head *head,
		      struct phyr_error *error)
{
	sqlite3_stmt *statement = database_prepare(
		archive->database, "UPDATE runs SET name = ? WHERE id = ?");

	if (!statement)
		return database_error(archive->database, error);
	bind_text(statement, 1, head->name);
	bind_number(statement, 2, head->id);
	return database_run(archive->database, statement, error);
}

int archive_describe(struct archive *archive, const struct run_head *head,
		     struct phyr_error *error)
{
	int ret = database_begin(archive->database, error);

	if (ret)
		return ret;
	ret = rename_run(archive, head, error);
	if (!ret)
		ret = about_write(archive->database, head->id, head, NULL,
				  error);
	return conclude(archive, ret, error);
}

int archive_request(struct archive *archive, uint64_t id, struct text *text,
		    struct phyr_error *error)
{
	return about_request(archive->database, id, text, error);
}

int archive_end(struct archive *archive, const struct run_head *head,
		const struct archive_result *results, size_t n,
		struct phyr_error *error)
{
	int ret = database_begin(archive->database, error);

	if (ret)
		return ret;
	ret = update_run(archive, head, error);
	if (!ret)
		ret = insert_results(archive, head->id, results, n, error);
	if (!ret)
		ret = forget_oldest(archive, error);
	return conclude(archive, ret, error);
}

int archive_import(struct archive *archive, struct run_head *head,
		   const char *context, const struct archive_result *results,
		   size_t n, struct phyr_error *error)
{
	uint64_t id = archive->last_id + 1;
	int ret = database_begin(archive->database, error);

	if (ret)
		return ret;
	ret = insert_run(archive, head, context, error);
	if (!ret)
		ret = insert_results(archive, id, results, n, error);
	if (!ret)
		ret = forget_oldest(archive, error);
	ret = conclude(archive, ret, error);
	if (!ret)
		head->id = archive->last_id = id;
	return ret;
}

static int delete_run(struct archive *archive, uint64_t id,
		      struct phyr_error *error)
{
	sqlite3_stmt *statement = database_prepare(
		archive->database, "DELETE FROM runs WHERE id = ?");

	if (statement)
		bind_number(statement, 1, id);
	return database_run(archive->database, statement, error);
}

/* Leaves the first @n results. */
static int cut_results(struct archive *archive, uint64_t id, size_t n,
		       struct phyr_error *error)
{
	sqlite3_stmt *cut = database_prepare(
		archive->database,
		"DELETE FROM results WHERE run = ? AND position >= ?");
	sqlite3_stmt *note = database_prepare(
		archive->database, "UPDATE runs SET finished = ? WHERE id = ?");
	int ret;

	if (!cut || !note)
		return database_error(archive->database, error);
	ret = database_begin(archive->database, error);
	if (ret)
		return ret;
	bind_number(cut, 1, id);
	bind_number(cut, 2, n);
	ret = database_run(archive->database, cut, error);
	if (!ret) {
		bind_number(note, 1, n);
		bind_number(note, 2, id);
		ret = database_run(archive->database, note, error);
	}
	return conclude(archive, ret, error);
}

/*
 * A large run changes more pages than the journal has room for if the disk is
 * full: then some results at a time are deleted.
 */
int archive_delete(struct archive *archive, const struct run_head *head,
		   struct phyr_error *error)
{
	int ret = delete_run(archive, head->id, error);

	if (ret != -ENOSPC)
		return ret;
	for (size_t left = head->finished; left;) {
		left -= left < RESULTS_AT_A_TIME ? left : RESULTS_AT_A_TIME;
		ret = cut_results(archive, head->id, left, error);
		if (ret)
			return ret;
	}
	return delete_run(archive, head->id, error);
}

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

static void read_head(sqlite3_stmt *row, struct run_head *head)
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
	bind_number(statement, 1,
		    before > INT64_MAX ? (uint64_t)INT64_MAX : before);
	bind_number(statement, 2, room);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW)
		read_head(statement, &heads[(*n)++]);
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
	bind_number(statement, 1, id);
	ret = step_to_row(archive, statement, error);
	if (!ret)
		read_head(statement, head);
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
	bind_number(statement, 1, id);
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
	bind_number(statement, 1, id);
	bind_number(statement, 2, position);
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
	bind_number(statement, 1, first * sizeof(*samples) + 1);
	bind_number(statement, 2, size);
	bind_number(statement, 3, id);
	bind_number(statement, 4, position);
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

uint64_t archive_last_id(const struct archive *archive)
{
	return archive->last_id;
}

size_t archive_count(struct archive *archive, enum run_state state)
{
	sqlite3_stmt *statement = database_prepare(
		archive->database, "SELECT count(*) FROM runs WHERE state = ?");
	size_t n = 0;

	if (!statement)
		return 0;
	bind_text(statement, 1, run_state_name(state));
	if (sqlite3_step(statement) == SQLITE_ROW)
		n = get_number(statement, 0);
	database_done(statement);
	return n;
}
