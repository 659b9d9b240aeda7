/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STORE_H
#define STORE_H

#include <signal.h>
#include <stdint.h>
#include <phyr/run.h>

#include "archive.h"
#include "run_head.h"
#include "run_request.h"
#include "text.h"

/*
 * The store holds all runs: those that wait, the one that is being measured,
 * and in the archive those that have ended.
 *
 * The measuring thread takes a waiting run, executes it, and ends it, which
 * writes it to the archive before the next one can be taken. Everything else is
 * for those who serve clients, of any thread. While a run is measured the
 * archive is touched only where a client asks for something in it.
 */
struct store;

/*
 * Sent to the thread that measures, to end a call of the kernel. It does so where
 * there is a handler for it, else it does nothing.
 */
#define STORE_SIGNAL SIGURG

/**
 * store_create() - open the archive
 * @path: database file, or NULL for runs that end with the process
 * @history: ended runs to keep
 * @ended_fd: eventfd that is written whenever a run ends
 *
 * Return: 0 or as archive_open().
 */
int store_create(const char *path, unsigned int history, int ended_fd,
		 struct store **store, struct phyr_error *error);
void store_destroy(struct store *store);

/**
 * store_take() - wait for a queued run, and mark it as running
 *
 * Return: NULL once the store has been stopped.
 */
struct phyr_run *store_take(struct store *store);

/**
 * store_end() - store the results of the run that was taken and executed
 */
void store_end(struct store *store);

/**
 * store_stop() - make store_take() return NULL, and end the running run early
 */
void store_stop(struct store *store);

/**
 * store_add() - queue a run
 * @id: its id
 *
 * Return: 0, -EAGAIN if LIMIT_QUEUE runs wait already, -ENOMEM, or as
 * archive_add().
 */
int store_add(struct store *store, const struct run_request *request,
	      uint64_t *id, struct phyr_error *error);

/**
 * store_import() - add a run that was measured elsewhere
 * @head: its id is set
 */
int store_import(struct store *store, struct run_head *head,
		 const char *context, const struct archive_result *results,
		 size_t n, struct phyr_error *error);

/**
 * store_describe() - the name, tags and notes of a run, in place of its own
 * @head: of the run, with the new ones
 *
 * Return: 0, -ENOENT, or as archive_describe().
 */
int store_describe(struct store *store, const struct run_head *head,
		   struct phyr_error *error);

/**
 * store_request() - as archive_request()
 */
int store_request(struct store *store, uint64_t id, struct text *text,
		  struct phyr_error *error);

/**
 * store_cancel() - end a run early
 *
 * Return: 0, -EALREADY if it has ended, -ENOENT, or as archive_end().
 */
int store_cancel(struct store *store, uint64_t id, struct phyr_error *error);

/**
 * store_delete() - forget a run
 *
 * Return: 0, -EBUSY if it has not ended, -ENOENT, or as archive_delete().
 */
int store_delete(struct store *store, uint64_t id, struct phyr_error *error);

/**
 * store_find() - look a run up
 *
 * Return: 0, -ENOENT (see store_last_id()), or as archive_find().
 */
int store_find(struct store *store, uint64_t id, struct run_head *head,
	       struct phyr_error *error);

/**
 * store_list() - as archive_list(); runs that have not ended are as they are now
 */
int store_list(struct store *store, uint64_t before, struct run_head *heads,
	       size_t room, size_t *n, struct phyr_error *error);

/**
 * store_context(), store_result(), store_samples() - as those of the archive
 */
int store_context(struct store *store, uint64_t id, struct text *text,
		  struct phyr_error *error);
int store_result(struct store *store, uint64_t id, size_t position,
		 struct text *document, size_t *n, struct phyr_error *error);
int store_samples(struct store *store, uint64_t id, size_t position,
		  size_t first, uint64_t *samples, size_t n,
		  struct phyr_error *error);

/**
 * store_last_id() - id of the newest run, 0 if there never was one
 */
uint64_t store_last_id(struct store *store);

/**
 * store_history() - ended runs that are kept
 */
unsigned int store_history(const struct store *store);

/**
 * store_count() - runs in a state
 */
size_t store_count(struct store *store, enum run_state state);

/**
 * store_generation() - another number whenever something has been stored
 */
unsigned long store_generation(const struct store *store);

/**
 * store_health() - whether the last write to the archive succeeded
 *
 * Return: 0, or the -errno that it failed with.
 */
int store_health(struct store *store, struct phyr_error *error);

#endif
