/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STORE_H
#define STORE_H

#include <stdint.h>
#include <phyr/run.h>

#include "request.h"

/*
 * The store holds the runs that wait, the one that is being measured, and the
 * last LIMIT_HISTORY that have ended. It lives in memory: runs end with the
 * daemon.
 *
 * Two threads use it. The HTTP thread alone adds and forgets runs, so a record
 * it has found stays valid until it adds the next. The measuring thread takes
 * a waiting run, executes it, and ends it.
 */
struct store;

enum store_state {
	STORE_QUEUED,
	STORE_RUNNING,
	STORE_DONE,
	STORE_FAILED, /* not one of its workloads could be measured */
};

/**
 * struct store_record - a run and what it is called
 * @id: counted from 1, never used twice
 * @name: the client's name for it
 * @run: the run itself
 */
struct store_record {
	uint64_t id;
	char name[LIMIT_NAME_BYTES + 1];
	struct phyr_run *run;
};

/**
 * struct store_progress - how far a run is
 * @state: its state
 * @created_ns: when it was added, in ns since 1970
 * @started_ns: when its measuring began, 0 before
 * @ended_ns: when its measuring ended, 0 before
 */
struct store_progress {
	enum store_state state;
	uint64_t created_ns;
	uint64_t started_ns;
	uint64_t ended_ns;
};

/**
 * store_create() - an empty store
 *
 * Return: 0 or -errno.
 */
int store_create(struct store **store);
void store_destroy(struct store *store);

/**
 * store_add() - queue a run, and forget the oldest if there are too many
 *
 * Return: 0, -EAGAIN if LIMIT_QUEUE runs wait already, -ENOMEM.
 */
int store_add(struct store *store, const struct request *request,
	      const struct store_record **record);

/**
 * store_take() - await the next waiting run; it is then running
 *
 * Return: NULL once the store has been stopped.
 */
const struct store_record *store_take(struct store *store);

/**
 * store_end() - the run that was taken has been executed
 */
void store_end(struct store *store);

/**
 * store_stop() - let store_take() return, and the running run end early
 */
void store_stop(struct store *store);

/**
 * store_find() - look a run up
 *
 * Return: NULL if there is none of that id, see store_last_id().
 */
const struct store_record *store_find(const struct store *store, uint64_t id);

/**
 * store_next() - the runs in the order in which they were added
 * @record: the previous one, or NULL for the first
 *
 * Return: NULL after the last.
 */
const struct store_record *store_next(const struct store *store,
				      const struct store_record *record);

/**
 * store_last_id() - id of the newest run, 0 if there never was one
 */
uint64_t store_last_id(const struct store *store);

void store_progress(struct store *store, const struct store_record *record,
		    struct store_progress *progress);

#endif
