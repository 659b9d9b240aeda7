// SPDX-License-Identifier: GPL-2.0-only
/* A run from when it is asked for until its end is stored. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <phyr/clock.h>

#include "entry.h"
#include "render.h"

uint64_t entry_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

uint64_t entry_time(const struct entry *entry)
{
	return entry->head.created_ns + phyr_clock_ns() - entry->created_clock;
}

static char *dump_request(const struct run_request *request)
{
	json_t *json = run_request_render(request);
	char *text = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	return text;
}

struct entry *entry_create(const struct run_request *request,
			   const struct machine *machine)
{
	struct entry *new = calloc(1, sizeof(*new));

	if (!new ||
	    phyr_run_create(request->workloads, request->n, &new->run)) {
		free(new);
		return NULL;
	}
	new->request = dump_request(request);
	if (!new->request) {
		entry_destroy(new);
		return NULL;
	}
	new->head.workloads = request->n;
	new->head.created_ns = entry_now();
	new->created_clock = phyr_clock_ns();
	strcpy(new->head.name, request->name);
	strcpy(new->head.tags, request->tags);
	strcpy(new->head.notes, request->notes);
	strcpy(new->head.kernel, machine->kernel);
	strcpy(new->head.clock, machine->clock);
	return new;
}

void entry_destroy(struct entry *entry)
{
	phyr_run_destroy(entry->run);
	free(entry->request);
	free(entry);
}

static size_t count_status(const struct phyr_run *run, bool (*is)(int status))
{
	size_t n = 0;

	for (size_t i = 0; i < run->n; i++)
		n += is(run->results[i].status);
	return n;
}

static bool is_failure(int status)
{
	return status != 0;
}

static bool is_cancellation(int status)
{
	return status == -ECANCELED;
}

void entry_conclude(const struct entry *entry, bool cancelled,
		    struct run_head *head)
{
	const struct phyr_run *run = entry->run;

	head->ended_ns = entry_time(entry);
	head->finished = run->n;
	if (count_status(run, is_cancellation)) {
		head->state = cancelled ? RUN_CANCELLED : RUN_ABORTED;
		if (!cancelled)
			snprintf(head->reason, sizeof(head->reason),
				 "phyrd was told to end");
	} else {
		head->state = count_status(run, is_failure) == run->n
				      ? RUN_FAILED
				      : RUN_DONE;
	}
}

struct archive_result *entry_create_results(const struct phyr_run *run)
{
	struct archive_result *results = calloc(run->n, sizeof(*results));
	bool failed = false;

	for (size_t i = 0; results && i < run->n; i++) {
		text_add_json(&results[i].document,
			      render_result(&run->items[i], &run->results[i]));
		failed |= results[i].document.failed;
		if (!run->results[i].status) {
			results[i].samples = run->results[i].samples;
			results[i].n = run->results[i].stats.n;
		}
	}
	if (!failed)
		return results;
	entry_destroy_results(results, run->n);
	return NULL;
}

void entry_destroy_results(struct archive_result *results, size_t n)
{
	for (size_t i = 0; results && i < n; i++)
		text_clear(&results[i].document);
	free(results);
}
