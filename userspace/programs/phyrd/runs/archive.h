/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCHIVE_H
#define ARCHIVE_H

#include <stddef.h>
#include <stdint.h>
#include <phyr/error.h>

#include "run_head.h"
#include "text.h"

/*
 * The archive holds runs in the database. Of a run that waits or is measured it
 * has the head, of a run that has ended the results, too. It has no lock.
 */
struct archive;

/**
 * struct archive_result - a result to be stored
 * @document: JSON object, without its samples
 * @samples: numbers in the document's unit, or NULL
 * @n: how many
 */
struct archive_result {
	struct text document;
	const uint64_t *samples;
	size_t n;
};

/**
 * archive_open() - open the database
 * @path: file, or NULL for runs that end with the process
 * @history: runs to keep that have ended
 *
 * Runs that an earlier phyrd left unfinished are marked as aborted. On a full disk
 * the archive may be one that can only be read, see archive_complete().
 *
 * Return: 0 or as database_open(); so do all below that take an error.
 */
int archive_open(const char *path, unsigned int history,
		 struct archive **archive, struct phyr_error *error);
void archive_close(struct archive *archive);

/**
 * archive_complete() - do what archive_open() had no room for
 *
 * All that stores do so first. Deleting does not: it makes room.
 */
int archive_complete(struct archive *archive, struct phyr_error *error);

/**
 * archive_add() - store the head of a run that waits
 * @head: its id is set
 * @context: JSON object
 * @request: what was asked for, a JSON object
 */
int archive_add(struct archive *archive, struct run_head *head,
		const char *context, const char *request,
		struct phyr_error *error);

/**
 * archive_describe() - the name, tags and notes of a run, in place of its own
 */
int archive_describe(struct archive *archive, const struct run_head *head,
		     struct phyr_error *error);

/**
 * archive_request() - append what was asked for, a JSON object
 *
 * Return: also -ENOENT if that is not known.
 */
int archive_request(struct archive *archive, uint64_t id, struct text *text,
		    struct phyr_error *error);

/**
 * archive_end() - store how a run has ended, and forget the oldest runs
 * @head: of a run that archive_add() has stored
 * @results: all that it has
 */
int archive_end(struct archive *archive, const struct run_head *head,
		const struct archive_result *results, size_t n,
		struct phyr_error *error);

/**
 * archive_import() - store a run that has ended elsewhere
 * @head: its id is set
 */
int archive_import(struct archive *archive, struct run_head *head,
		   const char *context, const struct archive_result *results,
		   size_t n, struct phyr_error *error);

/**
 * archive_delete() - forget a run that has ended
 *
 * It needs no room on the disk. After an error some results may be gone already.
 */
int archive_delete(struct archive *archive, const struct run_head *head,
		   struct phyr_error *error);

/**
 * archive_find() - look a run up
 *
 * Return: also -ENOENT.
 */
int archive_find(struct archive *archive, uint64_t id, struct run_head *head,
		 struct phyr_error *error);

/**
 * archive_list() - runs with a smaller id than @before, newest first
 * @heads: room for @room of them
 * @n: how many were found
 */
int archive_list(struct archive *archive, uint64_t before,
		 struct run_head *heads, size_t room, size_t *n,
		 struct phyr_error *error);

/**
 * archive_context() - append a run's context, a JSON object
 */
int archive_context(struct archive *archive, uint64_t id, struct text *text,
		    struct phyr_error *error);

/**
 * archive_result() - append a result's document
 * @n: samples that go with it
 *
 * Return: also -ENOENT.
 */
int archive_result(struct archive *archive, uint64_t id, size_t position,
		   struct text *document, size_t *n, struct phyr_error *error);

/**
 * archive_samples() - read samples @first to @first + @n - 1 of a result
 *
 * Return: also -ENOENT if they are not all there.
 */
int archive_samples(struct archive *archive, uint64_t id, size_t position,
		    size_t first, uint64_t *samples, size_t n,
		    struct phyr_error *error);

/**
 * archive_last_id() - id of the newest run, 0 if there never was one
 */
uint64_t archive_last_id(const struct archive *archive);

/**
 * archive_count() - runs in a state, 0 if the database cannot say
 */
size_t archive_count(struct archive *archive, enum run_state state);

#endif
