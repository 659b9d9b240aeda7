// SPDX-License-Identifier: GPL-2.0-only
/* Measures a list of workloads and keeps their samples. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <phyr/clock.h>
#include <phyr/run.h>

#include "marks.h"

/*
 * All memory for samples is allocated and touched here, so that executing the
 * run allocates nothing but the memory it measures with.
 */
static uint64_t *create_samples(size_t n)
{
	uint64_t *samples = reallocarray(NULL, n, sizeof(*samples));

	if (samples)
		memset(samples, 0xff, n * sizeof(*samples));
	return samples;
}

static int prepare(struct phyr_run *run, const struct phyr_run_item *items)
{
	unsigned int most = 0;

	for (size_t i = 0; i < run->n; i++) {
		if (!items[i].samples)
			return -EINVAL;
		run->items[i] = items[i];
		run->results[i].status = -EINPROGRESS;
		run->results[i].samples = create_samples(items[i].samples);
		if (!run->results[i].samples)
			return -ENOMEM;
		if (items[i].samples > most)
			most = items[i].samples;
	}
	run->spare = create_samples(most);
	return run->spare ? 0 : -ENOMEM;
}

int phyr_run_create(const struct phyr_run_item *items, size_t n,
		    struct phyr_run **run)
{
	struct phyr_run *new;
	int ret;

	if (!n)
		return -EINVAL;
	MARK(MARK_WAKE);
	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->items = calloc(n, sizeof(*new->items));
	new->results = calloc(n, sizeof(*new->results));
	if (!new->items || !new->results) {
		phyr_run_destroy(new);
		return -ENOMEM;
	}
	new->n = n;
	ret = prepare(new, items);
	if (ret) {
		phyr_run_destroy(new);
		return ret;
	}
	*run = new;
	return 0;
}

void phyr_run_destroy(struct phyr_run *run)
{
	if (!run)
		return;
	for (size_t i = 0; i < run->n; i++)
		free(run->results[i].samples);
	free(run->spare);
	free(run->results);
	free(run->items);
	free(run);
}

/* The memory of the previous item, kept in case the next wants the same. */
static int provide_backing(struct phyr_backing **backing,
			   enum phyr_backing_kind kind, size_t len,
			   bool read_only, const atomic_bool *stop,
			   struct phyr_error *error)
{
	if (*backing && (*backing)->kind == kind && (*backing)->len == len &&
	    (*backing)->read_only == read_only)
		return 0;
	phyr_backing_destroy(*backing);
	*backing = NULL;
	return phyr_backing_create_until(kind, len, read_only, stop, backing,
					 error);
}

static void note_backing(struct phyr_parameters *parameters,
			 const struct phyr_backing *backing)
{
	phyr_parameters_add_text(parameters, "backing",
				 phyr_backing_name(backing->kind));
	phyr_parameters_add_number(parameters, "page_size_bytes",
				   (int64_t)backing->page_size);
	phyr_parameters_add_number(parameters, "allocate_ns",
				   (int64_t)backing->allocate_ns);
	phyr_parameters_add_number(parameters, "fault_in_ns",
				   (int64_t)backing->fault_ns);
	if (backing->apart_percent != PHYR_BACKING_APART_UNKNOWN)
		phyr_parameters_add_number(parameters, "pages_apart_percent",
					   backing->apart_percent);
}

/* Only on this clock is a machine that has rested the same machine. */
static bool settles(void)
{
	struct phyr_clock clock;

	phyr_clock_describe(&clock);
	return !strcmp(clock.kind, "icount");
}

/* Which rows the parts of each round belong to, asked for or not. */
static void mark_rows(const struct phyr_workload *workload)
{
	struct phyr_workload row = *workload;
	char name[PHYR_WORKLOAD_NAME];
	unsigned int place = 0;

	for (row.series = 0; row.family->series[row.series]; row.series++) {
		if (!phyr_workload_same_rounds(&row, workload))
			continue;
		phyr_workload_format(&row, name);
		if (place++)
			mark_name(1, name);
		else
			mark_name(0, name);
	}
}

static int measure(struct phyr_run *run, const struct phyr_run_item *item,
		   uint64_t **series, struct phyr_backing **backing,
		   struct phyr_parameters *parameters, struct phyr_error *error)
{
	const struct phyr_workload *workload = &item->workload;
	const struct phyr_family *family = workload->family;
	struct phyr_task task = {
		.form = workload->form,
		.variant = workload->variant,
		.rounds = phyr_workload_rounds(workload),
		.size = workload->size,
		.device = *item->device ? item->device : NULL,
		.warmup = item->warmup,
		.samples = item->samples,
		.settle = settles(),
		.done = &run->done,
		.parameters = parameters,
		.stop = &run->stop,
	};
	int ret;

	if (run->stop)
		return phyr_error_set(error, -ECANCELED, "stopped");
	phyr_parameters_add_number(parameters, "size_bytes",
				   (int64_t)workload->size);
	phyr_parameters_add_number(parameters, "warmup", item->warmup);
	phyr_parameters_add_number(parameters, "samples", item->samples);
	phyr_parameters_add_number(parameters, "cpu", sched_getcpu());
	if (task.device)
		phyr_parameters_add_text(parameters, "device", task.device);
	/* Say what this machine lacks before any memory is taken. */
	ret = family->probe(task.device, error);
	if (ret)
		return ret;
	ret = provide_backing(
		backing, workload->backing, family->ranges * workload->size,
		family->rounds && family->rounds[task.rounds].read_only,
		&run->stop, error);
	if (ret)
		return ret;
	note_backing(parameters, *backing);

	task.backing = *backing;
	memcpy(task.series, series, sizeof(task.series));
	mark_rows(workload);
	ret = family->measure(&task, error);
	mark_last();
	/* However it was ended, by a signal for instance. */
	if (ret && run->stop)
		ret = phyr_error_set(error, -ECANCELED, "stopped");
	return ret;
}

static bool shares_rounds(const struct phyr_run_item *a,
			  const struct phyr_run_item *b)
{
	return phyr_workload_same_rounds(&a->workload, &b->workload) &&
	       a->warmup == b->warmup && a->samples == b->samples &&
	       !strcmp(a->device, b->device);
}

static void finish(struct phyr_result *result, const struct phyr_run_item *item,
		   int status, const struct phyr_parameters *parameters,
		   const struct phyr_error *error)
{
	result->parameters = *parameters;
	result->status = status ? status
				: phyr_stats_compute(result->samples,
						     item->samples,
						     &result->stats);
	if (!result->status)
		return;
	result->error = *error;
	if (!status)
		phyr_error_set(&result->error, result->status,
			       "out of memory for statistics");
	free(result->samples);
	result->samples = NULL;
}

/*
 * Measures item @first and with it every later one that shares its rounds.
 * A series that nobody asked for goes to the spare array.
 */
static void measure_together(struct phyr_run *run, size_t first,
			     struct phyr_backing **backing)
{
	const struct phyr_run_item *item = &run->items[first];
	struct phyr_parameters parameters = { 0 };
	uint64_t *series[PHYR_SERIES_MAX];
	struct phyr_error error = { 0 };
	bool taken[PHYR_SERIES_MAX] = { false };
	int status;

	for (int i = 0; i < PHYR_SERIES_MAX; i++)
		series[i] = run->spare;
	for (size_t i = first; i < run->n; i++) {
		unsigned int s = run->items[i].workload.series;

		if (run->results[i].status == -EINPROGRESS &&
		    shares_rounds(item, &run->items[i]) && !taken[s]) {
			taken[s] = true;
			series[s] = run->results[i].samples;
		}
	}

	atomic_store_explicit(&run->done, 0, memory_order_relaxed);
	atomic_store_explicit(&run->current, first, memory_order_relaxed);
	status = measure(run, item, series, backing, &parameters, &error);

	for (size_t i = first; i < run->n; i++) {
		unsigned int s = run->items[i].workload.series;

		if (taken[s] && series[s] == run->results[i].samples)
			finish(&run->results[i], &run->items[i], status,
			       &parameters, &error);
	}
}

void phyr_run_execute(struct phyr_run *run)
{
	struct phyr_backing *backing = NULL;

	for (size_t i = 0; i < run->n; i++) {
		if (run->results[i].status == -EINPROGRESS)
			measure_together(run, i, &backing);
		atomic_store_explicit(&run->finished, i + 1,
				      memory_order_release);
	}
	phyr_backing_destroy(backing);
}
