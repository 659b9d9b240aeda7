/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DATABASE_H
#define DATABASE_H

#include <stdint.h>
#include <sqlite3.h>
#include <phyr/error.h>

/*
 * An open SQLite database and its tables. No other process can open it
 * meanwhile. It has no lock: one thread uses it at a time.
 */
struct database;

/**
 * database_open() - open or create
 * @path: file, or NULL for a temporary database that ends with the process
 * @database: the open database, every page of which could be read
 *
 * Return: 0, -EROFS, -EBUSY if another process has it open, -EBADMSG if it is
 * corrupted, -EPROTO if it is something else or of another version, -ENOSPC,
 * -EIO.
 */
int database_open(const char *path, struct database **database,
		  struct phyr_error *error);
void database_close(struct database *database);

/**
 * database_complete() - bring a database of an earlier format to today's
 *
 * database_open() does so itself unless there is no room: then runs can be read,
 * nobody has said anything about them, and this is tried again before a write.
 *
 * Return: 0, also if it has been done; -ENOSPC: @error says what to do.
 */
int database_complete(struct database *database, struct phyr_error *error);

/**
 * database_prepare() - a statement, ready to bind and step
 * @sql: a literal; the statement is kept for the next call with the same one
 *
 * Return: NULL on failure, see database_error(). It must be reset, see
 * database_done().
 */
sqlite3_stmt *database_prepare(struct database *database, const char *sql);

/**
 * database_bind_text() - a parameter of a statement, counted from 1
 * @text: stays as it is until the statement is reset
 */
void database_bind_text(sqlite3_stmt *statement, int index, const char *text);

/* Above INT64_MAX it becomes negative. */
void database_bind_number(sqlite3_stmt *statement, int index, uint64_t number);

/**
 * database_run() - step a statement that returns no row, and reset it
 * @statement: from database_prepare(), or NULL
 *
 * Return: 0 or what database_error() returns.
 */
int database_run(struct database *database, sqlite3_stmt *statement,
		 struct phyr_error *error);

/**
 * database_done() - reset a statement and forget what was bound to it
 */
void database_done(sqlite3_stmt *statement);

int database_begin(struct database *database, struct phyr_error *error);
int database_commit(struct database *database, struct phyr_error *error);
void database_rollback(struct database *database);

/**
 * database_error() - what went wrong last, in words
 *
 * Return: -errno as database_open().
 */
int database_error(struct database *database, struct phyr_error *error);

#endif
