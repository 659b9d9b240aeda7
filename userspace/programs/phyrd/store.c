// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store.h"

#define CAPACITY (LIMIT_QUEUE + 1 + LIMIT_HISTORY)

struct entry {
	struct store_record record;
	struct store_progress progress;
};

/*
 * Runs start in the order in which they were added, so @entries always are
 * first those that have ended, then the running one, then the waiting ones.
 *
 * @lock guards what both threads use: @ended, @running, @waiting, @stopped and
 * the progress of every entry. @entries and @last_id are the HTTP thread's;
 * the measuring thread reads entries[ended] only, with @lock held.
 */
struct store {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct entry *entries[CAPACITY];
	size_t ended;
	bool running;
	size_t waiting;
	bool stopped;
	uint64_t last_id;
};

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static size_t count(const struct store *store)
{
	return store->ended + store->running + store->waiting;
}

static void entry_destroy(struct entry *entry)
{
	if (!entry)
		return;
	phyr_run_destroy(entry->record.run);
	free(entry);
}

static int entry_create(const struct request *request, struct entry **entry)
{
	struct entry *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return -ENOMEM;
	ret = phyr_run_create(request->workloads, request->n, &new->record.run);
	if (ret) {
		free(new);
		return ret;
	}
	strcpy(new->record.name, request->name);
	new->progress.created_ns = now();
	*entry = new;
	return 0;
}

int store_create(struct store **store)
{
	struct store *new = calloc(1, sizeof(*new));

	if (!new)
		return -ENOMEM;
	pthread_mutex_init(&new->lock, NULL);
	pthread_cond_init(&new->changed, NULL);
	*store = new;
	return 0;
}

void store_destroy(struct store *store)
{
	if (!store)
		return;
	for (size_t i = 0; i < CAPACITY; i++)
		entry_destroy(store->entries[i]);
	pthread_cond_destroy(&store->changed);
	pthread_mutex_destroy(&store->lock);
	free(store);
}

static void forget_oldest(struct store *store)
{
	entry_destroy(store->entries[0]);
	memmove(store->entries, store->entries + 1,
		(CAPACITY - 1) * sizeof(store->entries[0]));
	store->entries[CAPACITY - 1] = NULL;
	store->ended--;
}

int store_add(struct store *store, const struct request *request,
	      const struct store_record **record)
{
	struct entry *entry;
	int ret;

	ret = entry_create(request, &entry);
	if (ret)
		return ret;

	pthread_mutex_lock(&store->lock);
	if (store->waiting == LIMIT_QUEUE) {
		pthread_mutex_unlock(&store->lock);
		entry_destroy(entry);
		return -EAGAIN;
	}
	while (store->ended > LIMIT_HISTORY)
		forget_oldest(store);
	entry->record.id = ++store->last_id;
	store->entries[count(store)] = entry;
	store->waiting++;
	pthread_cond_signal(&store->changed);
	pthread_mutex_unlock(&store->lock);

	*record = &entry->record;
	return 0;
}

const struct store_record *store_take(struct store *store)
{
	struct entry *entry = NULL;

	pthread_mutex_lock(&store->lock);
	while (!store->stopped && !store->waiting)
		pthread_cond_wait(&store->changed, &store->lock);
	if (!store->stopped) {
		entry = store->entries[store->ended];
		entry->progress.state = STORE_RUNNING;
		entry->progress.started_ns = now();
		store->waiting--;
		store->running = true;
	}
	pthread_mutex_unlock(&store->lock);
	return entry ? &entry->record : NULL;
}

static bool all_failed(const struct phyr_run *run)
{
	for (size_t i = 0; i < run->n; i++) {
		if (!run->results[i].status)
			return false;
	}
	return true;
}

void store_end(struct store *store)
{
	struct entry *entry;

	pthread_mutex_lock(&store->lock);
	entry = store->entries[store->ended];
	entry->progress.state = all_failed(entry->record.run) ? STORE_FAILED
							      : STORE_DONE;
	entry->progress.ended_ns = now();
	store->running = false;
	store->ended++;
	pthread_mutex_unlock(&store->lock);
}

void store_stop(struct store *store)
{
	pthread_mutex_lock(&store->lock);
	store->stopped = true;
	if (store->running)
		store->entries[store->ended]->record.run->stop = true;
	pthread_cond_signal(&store->changed);
	pthread_mutex_unlock(&store->lock);
}

const struct store_record *store_find(const struct store *store, uint64_t id)
{
	const struct store_record *record = NULL;

	while ((record = store_next(store, record))) {
		if (record->id == id)
			return record;
	}
	return NULL;
}

const struct store_record *store_next(const struct store *store,
				      const struct store_record *record)
{
	const struct entry *first = store->entries[0];
	size_t next = record ? record->id - first->record.id + 1 : 0;

	if (next == CAPACITY || !store->entries[next])
		return NULL;
	return &store->entries[next]->record;
}

uint64_t store_last_id(const struct store *store)
{
	return store->last_id;
}

void store_progress(struct store *store, const struct store_record *record,
		    struct store_progress *progress)
{
	size_t index = record->id - store->entries[0]->record.id;

	pthread_mutex_lock(&store->lock);
	*progress = store->entries[index]->progress;
	pthread_mutex_unlock(&store->lock);
}
