/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STORE_PARTS_H
#define STORE_PARTS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "entry.h"
#include "store.h"

/*
 * @lock guards the entries' members, @running, @waiting and @stopped. The list is
 * changed with @lock and @list_lock held, and an entry that is found stays as
 * long as @list_lock is held. @archive_lock guards @archive, @health and
 * @counts; it is not taken with @lock held, nor the other way round. @write_lock
 * is held by those who add or end runs for clients, so that ids are in the order
 * of the list; it is taken first, then @list_lock, then one of the others.
 */
struct store {
	pthread_mutex_t write_lock;
	pthread_mutex_t list_lock;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct entry *entries; /* by id */
	struct entry *running;
	pthread_t measurer; /* while there is a @running */
	size_t waiting;
	bool stopped;

	pthread_mutex_t archive_lock;
	struct archive *archive;
	struct phyr_error health; /* code 0: well */
	atomic_ulong generation;
	struct {
		unsigned long generation; /* in which there were */
		size_t n;
	} counts[RUN_ABORTED + 1];

	unsigned int history;
	int ended_fd;
	struct machine machine;
};

/**
 * store_note_health() - note how a write to the archive went
 *
 * @archive_lock is held.
 *
 * Return: @status.
 */
int store_note_health(struct store *store, int status,
		      const struct phyr_error *error);

/**
 * store_write_end() - have the archive know how a run has ended
 */
int store_write_end(struct store *store, const struct run_head *head,
		    const struct archive_result *results, size_t n,
		    struct phyr_error *error);

/**
 * store_leftovers() - try once more to store how runs have ended
 *
 * @list_lock is held; so it is for those below.
 */
void store_leftovers(struct store *store);

/**
 * store_entry() - a run whose end the archive does not know yet, or NULL
 */
struct entry *store_entry(struct store *store, uint64_t id);

/**
 * store_append() - let a run wait for its turn
 */
void store_append(struct store *store, struct entry *entry);

/**
 * store_unqueue() - end a run that waits, have one end that is being measured
 *
 * Return: false if it does not wait.
 */
bool store_unqueue(struct store *store, struct entry *entry);

#endif
