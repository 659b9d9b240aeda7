// SPDX-License-Identifier: GPL-2.0-only
/* Hands runs from the clients to the thread that measures, and keeps them. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "log.h"
#include "render.h"
#include "store_parts.h"

/* No two stores of a process have the same, one after the other. */
static void note_change(struct store *store)
{
	static atomic_ulong last;

	store->generation = ++last;
}

int store_create(const char *path, unsigned int history, int ended_fd,
		 struct store **store, struct phyr_error *error)
{
	struct store *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return phyr_error_set(error, -ENOMEM, "out of memory");
	ret = archive_open(path, history, &new->archive, error);
	if (ret) {
		free(new);
		return ret;
	}
	pthread_mutex_init(&new->write_lock, NULL);
	pthread_mutex_init(&new->list_lock, NULL);
	pthread_mutex_init(&new->lock, NULL);
	pthread_mutex_init(&new->archive_lock, NULL);
	pthread_cond_init(&new->changed, NULL);
	new->history = history;
	new->ended_fd = ended_fd;
	machine_describe(&new->machine);
	note_change(new);
	store_note_health(new, archive_complete(new->archive, error), error);
	*store = new;
	return 0;
}

void store_destroy(struct store *store)
{
	struct entry *next;

	if (!store)
		return;
	for (struct entry *entry = store->entries; entry; entry = next) {
		next = entry->next;
		entry_destroy(entry);
	}
	archive_close(store->archive);
	pthread_cond_destroy(&store->changed);
	pthread_mutex_destroy(&store->archive_lock);
	pthread_mutex_destroy(&store->lock);
	pthread_mutex_destroy(&store->list_lock);
	pthread_mutex_destroy(&store->write_lock);
	free(store);
}

/* Notes how a write to the archive went; @archive_lock is held. */
int store_note_health(struct store *store, int status,
		      const struct phyr_error *error)
{
	if (status && !store->health.code)
		log_line(LOG_FAILURE, "nothing can be stored: %s",
			 error->message);
	if (!status && store->health.code)
		log_line(LOG_FAILURE, "storing works again");
	if (status) {
		store->health = *error;
	} else {
		store->health.code = 0;
		note_change(store);
	}
	return status;
}

int store_write_end(struct store *store, const struct run_head *head,
		    const struct archive_result *results, size_t n,
		    struct phyr_error *error)
{
	int ret;

	pthread_mutex_lock(&store->archive_lock);
	ret = archive_end(store->archive, head, results, n, error);
	store_note_health(store, ret, error);
	pthread_mutex_unlock(&store->archive_lock);
	return ret;
}

struct phyr_run *store_take(struct store *store)
{
	struct phyr_run *run = NULL;

	pthread_mutex_lock(&store->lock);
	while (!store->stopped && !store->waiting)
		pthread_cond_wait(&store->changed, &store->lock);
	if (!store->stopped) {
		struct entry *entry = store->entries;

		while (entry->head.state != RUN_QUEUED)
			entry = entry->next;
		entry->head.state = RUN_RUNNING;
		entry->head.started_ns = entry_time(entry);
		store->waiting--;
		store->running = entry;
		store->measurer = pthread_self();
		run = entry->run;
	}
	pthread_mutex_unlock(&store->lock);
	return run;
}

static int write_results(struct store *store, const struct run_head *head,
			 const struct phyr_run *run, struct phyr_error *error)
{
	struct archive_result *results = entry_create_results(run);
	int ret;

	if (!results)
		return phyr_error_set(error, -ENOMEM, "out of memory");
	ret = store_write_end(store, head, results, run->n, error);
	entry_destroy_results(results, run->n);
	return ret;
}

void store_end(struct store *store)
{
	struct entry *entry;
	struct phyr_error error;
	struct run_head head;
	bool cancelled;
	int ret;

	pthread_mutex_lock(&store->lock);
	entry = store->running;
	head = entry->head;
	cancelled = entry->cancelled;
	pthread_mutex_unlock(&store->lock);

	entry_conclude(entry, cancelled, &head);
	ret = write_results(store, &head, entry->run, &error);
	if (ret) {
		head.state = RUN_FAILED;
		head.finished = 0;
		snprintf(head.reason, sizeof(head.reason),
			 "the results could not be stored: %.280s",
			 error.message);
	}

	pthread_mutex_lock(&store->lock);
	entry->head = head;
	entry->stored = !ret;
	store->running = NULL;
	pthread_mutex_unlock(&store->lock);
	if (head.state == RUN_FAILED)
		log_line(LOG_RUN, "run %llu failed: %s",
			 (unsigned long long)head.id,
			 *head.reason ? head.reason
				      : "not one workload could be measured");
	eventfd_write(store->ended_fd, 1);
}

/* Ends what is being measured, also within a call of the kernel; @lock is held. */
static void stop_running(struct store *store)
{
	store->running->run->stop = true;
	pthread_kill(store->measurer, STORE_SIGNAL);
}

void store_stop(struct store *store)
{
	pthread_mutex_lock(&store->lock);
	store->stopped = true;
	if (store->running)
		stop_running(store);
	pthread_cond_signal(&store->changed);
	pthread_mutex_unlock(&store->lock);
}

/*
 * Frees what ended runs were measured with, and entries that are stored. Like all
 * that look at the list, with @list_lock held.
 */
static void reap(struct store *store)
{
	struct entry **link = &store->entries;

	pthread_mutex_lock(&store->lock);
	while (*link) {
		struct entry *entry = *link;

		if (run_has_ended(&entry->head)) {
			phyr_run_destroy(entry->run);
			entry->run = NULL;
		}
		if (entry->stored) {
			*link = entry->next;
			entry_destroy(entry);
		} else {
			link = &entry->next;
		}
	}
	pthread_mutex_unlock(&store->lock);
}

/* Where the results of a run could not be stored, tries to store how it ended. */
void store_leftovers(struct store *store)
{
	reap(store);
	for (struct entry *entry = store->entries; entry; entry = entry->next) {
		struct phyr_error error;
		bool ended;

		pthread_mutex_lock(&store->lock);
		ended = run_has_ended(&entry->head);
		pthread_mutex_unlock(&store->lock);
		if (ended &&
		    !store_write_end(store, &entry->head, NULL, 0, &error))
			entry->stored = true;
	}
	reap(store);
}

static struct entry *find_kept(struct store *store, uint64_t id)
{
	struct entry *entry;

	pthread_mutex_lock(&store->lock);
	entry = store->entries;
	while (entry && entry->head.id != id)
		entry = entry->next;
	pthread_mutex_unlock(&store->lock);
	return entry;
}

struct entry *store_entry(struct store *store, uint64_t id)
{
	reap(store);
	return find_kept(store, id);
}

/* What a run that is being measured is at. */
static void read_progress(const struct phyr_run *run, struct run_head *head)
{
	size_t current =
		atomic_load_explicit(&run->current, memory_order_relaxed);

	head->finished = run->finished;
	if (head->finished == run->n || current < head->finished)
		return;
	phyr_workload_format(&run->items[current].workload, head->measuring);
	head->samples = atomic_load_explicit(&run->done, memory_order_relaxed);
	head->samples_wanted = run->items[current].samples;
}

static void read_head(struct store *store, const struct entry *entry,
		      struct run_head *head)
{
	pthread_mutex_lock(&store->lock);
	*head = entry->head;
	if (head->state == RUN_RUNNING)
		read_progress(entry->run, head);
	pthread_mutex_unlock(&store->lock);
}

void store_append(struct store *store, struct entry *entry)
{
	struct entry **link = &store->entries;

	pthread_mutex_lock(&store->lock);
	while (*link)
		link = &(*link)->next;
	*link = entry;
	store->waiting++;
	pthread_cond_signal(&store->changed);
	pthread_mutex_unlock(&store->lock);
}

/* Takes a waiting run out of the queue: false if it no longer waits. */
bool store_unqueue(struct store *store, struct entry *entry)
{
	bool waited;

	pthread_mutex_lock(&store->lock);
	waited = entry->head.state == RUN_QUEUED;
	if (waited) {
		entry->head.state = RUN_CANCELLED;
		entry->head.ended_ns = entry_time(entry);
		store->waiting--;
	} else if (entry == store->running) {
		entry->cancelled = true;
		stop_running(store);
	}
	pthread_mutex_unlock(&store->lock);
	return waited;
}

int store_find(struct store *store, uint64_t id, struct run_head *head,
	       struct phyr_error *error)
{
	struct entry *entry;
	int ret;

	pthread_mutex_lock(&store->list_lock);
	entry = store_entry(store, id);
	if (entry)
		read_head(store, entry, head);
	pthread_mutex_unlock(&store->list_lock);
	if (entry)
		return 0;
	pthread_mutex_lock(&store->archive_lock);
	ret = archive_find(store->archive, id, head, error);
	pthread_mutex_unlock(&store->archive_lock);
	return ret;
}

int store_list(struct store *store, uint64_t before, struct run_head *heads,
	       size_t room, size_t *n, struct phyr_error *error)
{
	int ret;

	pthread_mutex_lock(&store->list_lock);
	/* A run that ends from here on keeps its entry, which is newer. */
	reap(store);
	pthread_mutex_lock(&store->archive_lock);
	ret = archive_list(store->archive, before, heads, room, n, error);
	pthread_mutex_unlock(&store->archive_lock);
	for (size_t i = 0; i < *n; i++) {
		struct entry *entry = find_kept(store, heads[i].id);

		if (entry)
			read_head(store, entry, &heads[i]);
	}
	pthread_mutex_unlock(&store->list_lock);
	return ret;
}

int store_context(struct store *store, uint64_t id, struct text *text,
		  struct phyr_error *error)
{
	int ret;

	pthread_mutex_lock(&store->archive_lock);
	ret = archive_context(store->archive, id, text, error);
	pthread_mutex_unlock(&store->archive_lock);
	return ret;
}

/* A result of a run that is being measured; NULL: see the archive. */
static const struct phyr_result *find_live(struct store *store, uint64_t id,
					   size_t position,
					   const struct phyr_run_item **item)
{
	struct entry *entry = store_entry(store, id);

	if (!entry || !entry->run ||
	    position >= atomic_load_explicit(&entry->run->finished,
					     memory_order_acquire))
		return NULL;
	*item = &entry->run->items[position];
	return &entry->run->results[position];
}

int store_result(struct store *store, uint64_t id, size_t position,
		 struct text *document, size_t *n, struct phyr_error *error)
{
	const struct phyr_run_item *item;
	const struct phyr_result *result;
	int ret;

	pthread_mutex_lock(&store->list_lock);
	result = find_live(store, id, position, &item);
	if (result) {
		text_add_json(document, render_result(item, result));
		*n = result->status ? 0 : result->stats.n;
	}
	pthread_mutex_unlock(&store->list_lock);
	if (result)
		return 0;
	pthread_mutex_lock(&store->archive_lock);
	ret = archive_result(store->archive, id, position, document, n, error);
	pthread_mutex_unlock(&store->archive_lock);
	return ret;
}

int store_samples(struct store *store, uint64_t id, size_t position,
		  size_t first, uint64_t *samples, size_t n,
		  struct phyr_error *error)
{
	const struct phyr_run_item *item;
	const struct phyr_result *result;
	int ret;

	pthread_mutex_lock(&store->list_lock);
	result = find_live(store, id, position, &item);
	if (result)
		memcpy(samples, result->samples + first, n * sizeof(*samples));
	pthread_mutex_unlock(&store->list_lock);
	if (result)
		return 0;
	pthread_mutex_lock(&store->archive_lock);
	ret = archive_samples(store->archive, id, position, first, samples, n,
			      error);
	pthread_mutex_unlock(&store->archive_lock);
	return ret;
}

uint64_t store_last_id(struct store *store)
{
	uint64_t id;

	pthread_mutex_lock(&store->archive_lock);
	id = archive_last_id(store->archive);
	pthread_mutex_unlock(&store->archive_lock);
	return id;
}

unsigned int store_history(const struct store *store)
{
	return store->history;
}

size_t store_count(struct store *store, enum run_state state)
{
	size_t n = 0;

	if (state == RUN_QUEUED || state == RUN_RUNNING) {
		pthread_mutex_lock(&store->lock);
		n = state == RUN_QUEUED ? store->waiting : !!store->running;
		pthread_mutex_unlock(&store->lock);
		return n;
	}
	/* Of 100,000 runs it takes milliseconds. */
	pthread_mutex_lock(&store->archive_lock);
	if (store->counts[state].generation != store->generation) {
		store->counts[state].n = archive_count(store->archive, state);
		store->counts[state].generation = store->generation;
	}
	n = store->counts[state].n;
	pthread_mutex_unlock(&store->archive_lock);
	return n;
}

unsigned long store_generation(const struct store *store)
{
	return store->generation;
}

int store_health(struct store *store, struct phyr_error *error)
{
	int code;

	pthread_mutex_lock(&store->archive_lock);
	code = store->health.code;
	if (code)
		*error = store->health;
	pthread_mutex_unlock(&store->archive_lock);
	return -code;
}
