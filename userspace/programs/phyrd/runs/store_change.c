// SPDX-License-Identifier: GPL-2.0-only
/* What clients change: they add runs, import, cancel and delete them. */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>

#include "store_parts.h"

static int add(struct store *store, const struct run_request *request,
	       uint64_t *id, struct phyr_error *error)
{
	struct entry *entry;
	size_t waiting;
	int ret;

	pthread_mutex_lock(&store->list_lock);
	store_leftovers(store);
	pthread_mutex_unlock(&store->list_lock);
	pthread_mutex_lock(&store->lock);
	waiting = store->waiting;
	pthread_mutex_unlock(&store->lock);
	if (waiting >= LIMIT_QUEUE)
		return phyr_error_set(error, -EAGAIN, "the queue is full");
	entry = entry_create(request, &store->machine);
	if (!entry)
		return phyr_error_set(error, -ENOMEM, "out of memory");

	pthread_mutex_lock(&store->archive_lock);
	ret = archive_add(store->archive, &entry->head, store->machine.context,
			  entry->request, error);
	store_note_health(store, ret, error);
	pthread_mutex_unlock(&store->archive_lock);
	if (ret) {
		entry_destroy(entry);
		return ret;
	}
	*id = entry->head.id;
	pthread_mutex_lock(&store->list_lock);
	store_append(store, entry);
	pthread_mutex_unlock(&store->list_lock);
	return 0;
}

int store_add(struct store *store, const struct run_request *request,
	      uint64_t *id, struct phyr_error *error)
{
	int ret;

	pthread_mutex_lock(&store->write_lock);
	ret = add(store, request, id, error);
	pthread_mutex_unlock(&store->write_lock);
	return ret;
}

int store_import(struct store *store, struct run_head *head,
		 const char *context, const struct archive_result *results,
		 size_t n, struct phyr_error *error)
{
	int ret;

	head->imported = true;
	head->state = RUN_DONE;
	head->created_ns = head->ended_ns = entry_now();
	pthread_mutex_lock(&store->write_lock);
	pthread_mutex_lock(&store->list_lock);
	store_leftovers(store);
	pthread_mutex_unlock(&store->list_lock);
	pthread_mutex_lock(&store->archive_lock);
	ret = archive_import(store->archive, head, context, results, n, error);
	store_note_health(store, ret, error);
	pthread_mutex_unlock(&store->archive_lock);
	pthread_mutex_unlock(&store->write_lock);
	return ret;
}

/* Also of a run that is being measured: its entry is what ends up to be shown. */
static void describe_entry(struct store *store, const struct run_head *head)
{
	struct entry *entry;

	pthread_mutex_lock(&store->list_lock);
	entry = store_entry(store, head->id);
	pthread_mutex_lock(&store->lock);
	if (entry) {
		strcpy(entry->head.name, head->name);
		strcpy(entry->head.tags, head->tags);
		strcpy(entry->head.notes, head->notes);
	}
	pthread_mutex_unlock(&store->lock);
	pthread_mutex_unlock(&store->list_lock);
}

int store_describe(struct store *store, const struct run_head *head,
		   struct phyr_error *error)
{
	struct run_head now;
	int ret;

	pthread_mutex_lock(&store->write_lock);
	/* Nobody deletes it meanwhile. */
	ret = store_find(store, head->id, &now, error);
	if (!ret) {
		pthread_mutex_lock(&store->archive_lock);
		ret = archive_describe(store->archive, head, error);
		store_note_health(store, ret, error);
		pthread_mutex_unlock(&store->archive_lock);
	}
	if (!ret)
		describe_entry(store, head);
	pthread_mutex_unlock(&store->write_lock);
	return ret;
}

int store_request(struct store *store, uint64_t id, struct text *text,
		  struct phyr_error *error)
{
	int ret;

	pthread_mutex_lock(&store->archive_lock);
	ret = archive_request(store->archive, id, text, error);
	pthread_mutex_unlock(&store->archive_lock);
	return ret;
}

/*
 * Of a run that does not wait any more; with @write_lock held, without which
 * nobody else stores it or frees its entry. Readers do not wait for the disk.
 */
static int write_cancelled(struct store *store, struct entry *entry,
			   struct phyr_error *error)
{
	int ret = store_write_end(store, &entry->head, NULL, 0, error);

	pthread_mutex_lock(&store->lock);
	entry->stored = !ret;
	pthread_mutex_unlock(&store->lock);
	eventfd_write(store->ended_fd, 1);
	return ret;
}

int store_cancel(struct store *store, uint64_t id, struct phyr_error *error)
{
	struct run_head head;
	struct entry *entry;
	bool waited;
	int ret = 0;

	pthread_mutex_lock(&store->write_lock);
	pthread_mutex_lock(&store->list_lock);
	entry = store_entry(store, id);
	waited = entry && store_unqueue(store, entry);
	pthread_mutex_unlock(&store->list_lock);
	if (waited) {
		ret = write_cancelled(store, entry, error);
	} else if (!entry) {
		ret = store_find(store, id, &head, error);
		if (!ret)
			ret = phyr_error_set(error, -EALREADY, "has ended");
	}
	pthread_mutex_unlock(&store->write_lock);
	return ret;
}

static int delete (struct store *store, uint64_t id, struct phyr_error *error)
{
	struct phyr_error left;
	struct run_head head;
	bool there;
	int ret;

	pthread_mutex_lock(&store->list_lock);
	store_leftovers(store);
	there = store_entry(store, id);
	pthread_mutex_unlock(&store->list_lock);
	if (there)
		return phyr_error_set(error, -EBUSY, "has not ended");
	ret = store_find(store, id, &head, error);
	if (ret)
		return ret;
	pthread_mutex_lock(&store->archive_lock);
	ret = archive_delete(store->archive, &head, error);
	if (ret)
		store_note_health(store, ret, error);
	else
		store_note_health(
			store, archive_complete(store->archive, &left), &left);
	pthread_mutex_unlock(&store->archive_lock);
	return ret;
}

int store_delete(struct store *store, uint64_t id, struct phyr_error *error)
{
	int ret;

	pthread_mutex_lock(&store->write_lock);
	ret = delete (store, id, error);
	pthread_mutex_unlock(&store->write_lock);
	return ret;
}
