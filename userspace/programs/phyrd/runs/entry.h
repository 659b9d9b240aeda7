/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ENTRY_H
#define ENTRY_H

#include <stdbool.h>
#include <phyr/run.h>

#include "archive.h"
#include "machine.h"
#include "run_head.h"
#include "run_request.h"

/**
 * struct entry - a run, until the archive knows how it ended
 * @head: what is known of it; its id is the archive's
 * @created_clock: ns of the monotonic clock when it was created
 * @request: what was asked for, a JSON object
 * @run: what is measured, and results; NULL once the run has ended
 * @cancelled: a client has asked for its end
 * @stored: the archive knows how it ended. Where that could not be written it
 *	is tried again before the next write.
 * @next: the next by id
 */
struct entry {
	struct run_head head;
	uint64_t created_clock;
	char *request;
	struct phyr_run *run;
	bool cancelled;
	bool stored;
	struct entry *next;
};

/**
 * entry_create() - a run that waits
 *
 * Return: NULL: out of memory.
 */
struct entry *entry_create(const struct run_request *request,
			   const struct machine *machine);
void entry_destroy(struct entry *entry);

/**
 * entry_conclude() - find out how an executed run has ended
 * @head: its head, brought up to date
 */
void entry_conclude(const struct entry *entry, bool cancelled,
		    struct run_head *head);

/**
 * entry_time() - ns since 1970, by the clock that was right when it was created
 *
 * A clock that is set meanwhile changes no duration.
 */
uint64_t entry_time(const struct entry *entry);

/**
 * entry_create_results() - an executed run's results as they are stored
 *
 * Return: as many as the run has workloads; NULL: out of memory.
 */
struct archive_result *entry_create_results(const struct phyr_run *run);
void entry_destroy_results(struct archive_result *results, size_t n);

/**
 * entry_now() - ns since 1970
 */
uint64_t entry_now(void);

#endif
