// SPDX-License-Identifier: GPL-2.0-only
/* Stores runs and their results in the database. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>

#include "about.h"
#include "archive_parts.h"

#define RESULTS_AT_A_TIME 8

/* Of an earlier phyrd. Where there is no room for that, readers are told the same. */
static int abort_unfinished(struct archive *archive, struct phyr_error *error)
{
	sqlite3_stmt *statement = database_prepare(
		archive->database,
		"UPDATE runs SET state = 'aborted', reason = '" LAST_WORDS
		"' WHERE state = 'queued' AND id <= ?");
	int ret;

	if (statement)
		database_bind_number(statement, 1, archive->inherited);
	ret = database_run(archive->database, statement, error);
	archive->unfinished = ret == -ENOSPC;
	return ret;
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
		ret = find_last_id(new, error);
	new->inherited = new->last_id;
	if (!ret)
		ret = abort_unfinished(new, error);
	if (ret && !new->unfinished) {
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

int archive_complete(struct archive *archive, struct phyr_error *error)
{
	int ret = database_complete(archive->database, error);

	if (!ret && archive->unfinished)
		ret = abort_unfinished(archive, error);
	return ret;
}

/* A transaction that stores more than there was. */
static int begin(struct archive *archive, struct phyr_error *error)
{
	int ret = archive_complete(archive, error);

	return ret ? ret : database_begin(archive->database, error);
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
	database_bind_number(statement, 1, archive->last_id + 1);
	database_bind_text(statement, 2, head->name);
	database_bind_number(statement, 3, head->imported);
	database_bind_text(statement, 4, run_state_name(head->state));
	database_bind_text(statement, 5, head->reason);
	database_bind_number(statement, 6, head->workloads);
	database_bind_number(statement, 7, head->finished);
	database_bind_number(statement, 8, head->created_ns);
	database_bind_number(statement, 9, head->started_ns);
	database_bind_number(statement, 10, head->ended_ns);
	database_bind_text(statement, 11, head->kernel);
	database_bind_text(statement, 12, head->clock);
	database_bind_text(statement, 13, context);
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
	database_bind_number(statement, 1, id);
	database_bind_number(statement, 2, position);
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
		database_bind_number(statement, 1, archive->history);
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
	database_bind_text(statement, 1, run_state_name(head->state));
	database_bind_text(statement, 2, head->reason);
	database_bind_number(statement, 3, head->finished);
	database_bind_number(statement, 4, head->started_ns);
	database_bind_number(statement, 5, head->ended_ns);
	database_bind_number(statement, 6, head->id);
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
	int ret = begin(archive, error);

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
	database_bind_text(statement, 1, head->name);
	database_bind_number(statement, 2, head->id);
	return database_run(archive->database, statement, error);
}

int archive_describe(struct archive *archive, const struct run_head *head,
		     struct phyr_error *error)
{
	int ret = begin(archive, error);

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
	int ret = begin(archive, error);

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
	int ret = begin(archive, error);

	if (ret)
		return ret;
	ret = insert_run(archive, head, context, error);
	if (!ret && (*head->tags || *head->notes))
		ret = about_write(archive->database, id, head, NULL, error);
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
		database_bind_number(statement, 1, id);
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
	database_bind_number(cut, 1, id);
	database_bind_number(cut, 2, n);
	ret = database_run(archive->database, cut, error);
	if (!ret) {
		database_bind_number(note, 1, n);
		database_bind_number(note, 2, id);
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

uint64_t archive_last_id(const struct archive *archive)
{
	return archive->last_id;
}
