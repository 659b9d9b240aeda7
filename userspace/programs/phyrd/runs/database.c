// SPDX-License-Identifier: GPL-2.0-only
/* Opens the database, checks it, and steps through its statements. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "database.h"

#define APPLICATION_ID 0x70687972 /* "phyr" */
#define FORMAT 2
#define MIGRATION_KIB 64 /* more than a new table and the journal take */
#define MAX_STATEMENTS 32
#define MIN_BYTES 512 /* the smallest page */
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define JOURNAL_BYTES 262144 /* kept, so that a full disk can be freed */
#define JOURNAL_LIMIT "PRAGMA journal_size_limit = " TEXT(JOURNAL_BYTES) ";"

/*
 * Samples come last in their row, so that reading the rest does not walk
 * through them. They are 64-bit little-endian numbers.
 */
static const char schema[] =
	"CREATE TABLE runs ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" name TEXT NOT NULL,"
	" imported INTEGER NOT NULL,"
	" state TEXT NOT NULL,"
	" reason TEXT NOT NULL DEFAULT '',"
	" workloads INTEGER NOT NULL,"
	" finished INTEGER NOT NULL,"
	" created_ns INTEGER NOT NULL,"
	" started_ns INTEGER NOT NULL DEFAULT 0,"
	" ended_ns INTEGER NOT NULL DEFAULT 0,"
	" kernel TEXT NOT NULL,"
	" clock TEXT NOT NULL,"
	" context TEXT NOT NULL" /* JSON object */
	") STRICT;"
	"CREATE TABLE results ("
	" run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,"
	" position INTEGER NOT NULL,"
	" document TEXT NOT NULL," /* JSON object, without its samples */
	" samples BLOB,"
	" UNIQUE (run, position)"
	") STRICT;";

/* What came with format 2. */
static const char about_schema[] =
	"CREATE TABLE about ("
	" run INTEGER PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE,"
	" tags TEXT NOT NULL DEFAULT ''," /* with a comma between two */
	" notes TEXT NOT NULL DEFAULT '',"
	" request TEXT NOT NULL DEFAULT ''" /* JSON object, or not known */
	") STRICT;";

/*
 * @behind: it has format 1, as there is no room for more; a table in memory stands
 *	in for what it lacks, so that it can be read
 */
struct database {
	sqlite3 *handle;
	bool behind;
	char name[256];
	struct {
		const char *sql;
		sqlite3_stmt *statement;
	} statements[MAX_STATEMENTS];
};

int database_error(struct database *database, struct phyr_error *error)
{
	const char *name = database->name;
	const char *words = sqlite3_errmsg(database->handle);

	switch (sqlite3_errcode(database->handle) & 0xff) {
	case SQLITE_FULL:
		return phyr_error_set(
			error, -ENOSPC,
			"%s is full: make room on its file system", name);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return phyr_error_set(
			error, -EBADMSG,
			"%s is corrupted (%s): move it away, or restore it from a copy",
			name, words);
	case SQLITE_READONLY:
		return phyr_error_set(
			error, -EROFS,
			"%s is read-only: phyrd must be able to write it and its directory",
			name);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return phyr_error_set(error, -EBUSY,
				      "%s is open in another process", name);
	case SQLITE_NOMEM:
		return phyr_error_set(error, -ENOMEM, "out of memory");
	case SQLITE_CANTOPEN:
		if (sqlite3_system_errno(database->handle))
			words = strerror(
				sqlite3_system_errno(database->handle));
		/* fallthrough */
	default:
		return phyr_error_set(error, -EIO, "%s: %s", name, words);
	}
}

static int execute(struct database *database, const char *sql,
		   struct phyr_error *error)
{
	if (sqlite3_exec(database->handle, sql, NULL, NULL, NULL))
		return database_error(database, error);
	return 0;
}

sqlite3_stmt *database_prepare(struct database *database, const char *sql)
{
	size_t i = 0;

	while (i < MAX_STATEMENTS && database->statements[i].sql &&
	       database->statements[i].sql != sql)
		i++;
	if (i == MAX_STATEMENTS)
		abort(); /* more literals than there is room for */
	if (!database->statements[i].sql) {
		if (sqlite3_prepare_v3(database->handle, sql, -1,
				       SQLITE_PREPARE_PERSISTENT,
				       &database->statements[i].statement,
				       NULL))
			return NULL;
		database->statements[i].sql = sql;
	}
	return database->statements[i].statement;
}

void database_done(sqlite3_stmt *statement)
{
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
}

void database_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
	sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

void database_bind_number(sqlite3_stmt *statement, int index, uint64_t number)
{
	sqlite3_bind_int64(statement, index, (sqlite3_int64)number);
}

int database_run(struct database *database, sqlite3_stmt *statement,
		 struct phyr_error *error)
{
	int ret = 0;

	if (!statement || sqlite3_step(statement) != SQLITE_DONE)
		ret = database_error(database, error);
	if (statement)
		database_done(statement);
	return ret;
}

int database_begin(struct database *database, struct phyr_error *error)
{
	return execute(database, "BEGIN IMMEDIATE", error);
}

int database_commit(struct database *database, struct phyr_error *error)
{
	int ret = execute(database, "COMMIT", error);

	if (ret)
		database_rollback(database);
	return ret;
}

void database_rollback(struct database *database)
{
	/* Some failures have already rolled it back. */
	if (!sqlite3_get_autocommit(database->handle))
		execute(database, "ROLLBACK", NULL);
}

/* The first column of the first row: a number, or -1; its text in @text. */
static long long query(struct database *database, const char *sql, char *text,
		       size_t room)
{
	sqlite3_stmt *statement = NULL;
	long long number = -1;

	if (!sqlite3_prepare_v2(database->handle, sql, -1, &statement, NULL) &&
	    sqlite3_step(statement) == SQLITE_ROW) {
		number = sqlite3_column_int64(statement, 0);
		if (text)
			snprintf(text, room, "%s",
				 sqlite3_column_text(statement, 0));
	}
	sqlite3_finalize(statement);
	return number;
}

/* Brings the database to FORMAT, as a whole or not at all. */
static int create_tables(struct database *database, const char *sql,
			 struct phyr_error *error)
{
	char pragmas[100];
	int ret;

	snprintf(pragmas, sizeof(pragmas),
		 "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 APPLICATION_ID, FORMAT);
	ret = database_begin(database, error);
	if (ret)
		return ret;
	ret = execute(database, sql, error);
	if (!ret)
		ret = execute(database, "DROP TABLE IF EXISTS temp.about",
			      error);
	if (!ret)
		ret = execute(database, about_schema, error);
	if (!ret)
		ret = execute(database, pragmas, error);
	if (ret) {
		database_rollback(database);
		return ret;
	}
	return database_commit(database, error);
}

/*
 * From format 1. On a full disk the new table takes the room of the index, which
 * the database can do without; the journal has some of its own, see keep_room().
 */
static int migrate(struct database *database, struct phyr_error *error)
{
	int ret = create_tables(database, "", error);

	if (ret == -ENOSPC)
		ret = create_tables(database, "DROP INDEX IF EXISTS runs_state",
				    error);
	database->behind = ret == -ENOSPC;
	return ret;
}

int database_complete(struct database *database, struct phyr_error *error)
{
	int ret = database->behind ? migrate(database, error) : 0;

	if (ret != -ENOSPC)
		return ret;
	return phyr_error_set(
		error, ret,
		"%s has format 1 and needs room for format %d: make " TEXT(
			MIGRATION_KIB) " KiB on its file system; until then runs are only read",
		database->name, FORMAT);
}

/* Migrates, or has it look as if it had been. */
static int migrate_or_read(struct database *database, struct phyr_error *error)
{
	int ret = migrate(database, error);

	if (!database->behind)
		return ret;
	return execute(database,
		       "PRAGMA temp_store = MEMORY;"
		       "CREATE TEMP TABLE about (run INTEGER PRIMARY KEY,"
		       " tags TEXT, notes TEXT, request TEXT)",
		       error);
}

static bool is_understood(struct database *database, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int code =
		sqlite3_prepare_v2(database->handle, sql, -1, &statement, NULL);

	sqlite3_finalize(statement);
	return code == SQLITE_OK;
}

static int check_tables(struct database *database, struct phyr_error *error)
{
	static const char *const needed[] = {
		"SELECT id, name, imported, state, reason, workloads, finished,"
		" created_ns, started_ns, ended_ns, kernel, clock, context"
		" FROM runs",
		"SELECT run, position, document, samples FROM results",
		"SELECT seq FROM sqlite_sequence",
		"SELECT run, tags, notes, request FROM about",
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!is_understood(database, needed[i]))
			return phyr_error_set(
				error, -EBADMSG,
				"%s lacks what phyrd keeps in it (%s): move it away, or restore it from a copy",
				database->name,
				sqlite3_errmsg(database->handle));
	}
	return 0;
}

/* Finds out what the file is, and whether all of it can be read. */
static int check(struct database *database, struct phyr_error *error)
{
	long long tables, application, format;
	char words[200] = "";

	tables = query(database, "SELECT count(*) FROM sqlite_schema", NULL, 0);
	if (tables < 0)
		return database_error(database, error);
	if (!tables)
		return create_tables(database, schema, error);
	application = query(database, "PRAGMA application_id", NULL, 0);
	format = query(database, "PRAGMA user_version", NULL, 0);
	if (application != APPLICATION_ID)
		return phyr_error_set(error, -EPROTO,
				      "%s is not a database of phyrd",
				      database->name);
	if (format < 1 || format > FORMAT)
		return phyr_error_set(
			error, -EPROTO,
			"%s has format %lld, but this phyrd knows formats up to %d only",
			database->name, format, FORMAT);
	query(database, "PRAGMA quick_check(1)", words, sizeof(words));
	if (strcmp(words, "ok"))
		return phyr_error_set(
			error, -EBADMSG,
			"%s is corrupted (%s): move it away, or restore it from a copy",
			database->name,
			*words ? words : sqlite3_errmsg(database->handle));
	if (format < FORMAT) {
		int ret = migrate_or_read(database, error);

		if (ret)
			return ret;
	}
	return check_tables(database, error);
}

static int set_up(struct database *database, struct phyr_error *error)
{
	int ret;

	ret = execute(database,
		      "PRAGMA locking_mode = EXCLUSIVE;"
		      "PRAGMA journal_mode = PERSIST;" JOURNAL_LIMIT
		      "PRAGMA secure_delete = OFF;"
		      "PRAGMA synchronous = FULL;"
		      "PRAGMA cache_size = -2048;"
		      "PRAGMA foreign_keys = ON;",
		      error);
	if (ret)
		return ret;
	if (sqlite3_db_readonly(database->handle, "main") == 1)
		return phyr_error_set(
			error, -EROFS,
			"%s is read-only: phyrd must be able to write it and its directory",
			database->name);
	ret = check(database, error);
	/* Counting 100,000 runs by state takes long without it, and no more. */
	if (!ret)
		execute(database,
			"CREATE INDEX IF NOT EXISTS runs_state ON runs (state)",
			NULL);
	return ret;
}

/*
 * Refuses what SQLite would not: it takes the first bytes of a database for a
 * new one, and a device for one that is always empty.
 */
static int refuse_path(const struct database *database, const char *path,
		       struct phyr_error *error)
{
	struct stat status;

	if (stat(path, &status))
		return 0;
	if (!S_ISREG(status.st_mode))
		return phyr_error_set(error, -EIO, "%s is not a file",
				      database->name);
	if (!status.st_size || status.st_size >= MIN_BYTES)
		return 0;
	return phyr_error_set(
		error, -EBADMSG,
		"%s is corrupted (%lld bytes): move it away, or restore it from a copy",
		database->name, (long long)status.st_size);
}

/*
 * Pages that are freed are not journalled without secure_delete, but the journal
 * still needs some room. Where there is none now, deleting may fail.
 */
static void keep_room(const char *name)
{
	char *journal;
	int fd;

	if (asprintf(&journal, "%s-journal", name) < 0)
		return;
	fd = open(journal, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0) {
		(void)!posix_fallocate(fd, 0, JOURNAL_BYTES);
		close(fd);
	}
	free(journal);
}

int database_open(const char *path, struct database **database,
		  struct phyr_error *error)
{
	struct database *new = calloc(1, sizeof(*new));
	char *name;
	int ret;

	if (!new)
		return phyr_error_set(error, -ENOMEM, "out of memory");
	snprintf(new->name, sizeof(new->name), "database %s",
		 path ? path : "(temporary)");
	/* A name such as ":memory:" or "file:x" would not be a path to SQLite. */
	if (asprintf(&name, "%s%s", path && *path != '/' ? "./" : "",
		     path ? path : "") < 0) {
		database_close(new);
		return phyr_error_set(error, -ENOMEM, "out of memory");
	}
	ret = path ? refuse_path(new, path, error) : 0;
	if (!ret && sqlite3_open_v2(name, &new->handle,
				    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
					    SQLITE_OPEN_NOMUTEX,
				    NULL))
		ret = database_error(new, error);
	else if (!ret)
		ret = set_up(new, error);
	if (path && !ret)
		keep_room(name);
	free(name);
	if (ret) {
		database_close(new);
		return ret;
	}
	*database = new;
	return 0;
}

void database_close(struct database *database)
{
	if (!database)
		return;
	for (size_t i = 0; i < MAX_STATEMENTS; i++)
		sqlite3_finalize(database->statements[i].statement);
	sqlite3_close(database->handle);
	free(database);
}
