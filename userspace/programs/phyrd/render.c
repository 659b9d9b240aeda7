// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "render.h"

static json_t *render_parameters(const struct phyr_parameters *parameters)
{
	json_t *json = json_object();

	for (size_t i = 0; i < parameters->n; i++) {
		const struct phyr_parameter *p = &parameters->entries[i];

		json_object_set_new(json, p->name,
				    *p->text ? json_string(p->text)
					     : json_integer(p->number));
	}
	return json;
}

static json_t *render_samples(const struct phyr_result *result)
{
	json_t *json = json_array();

	for (size_t i = 0; i < result->stats.n; i++)
		json_array_append_new(
			json, json_integer((json_int_t)result->samples[i]));
	return json;
}

static json_t *render_stats(const struct phyr_stats *stats)
{
	const struct {
		const char *name;
		uint64_t value;
	} members[] = {
		{ "n", stats->n },
		{ "min", stats->min },
		{ "p50", stats->p50 },
		{ "p90", stats->p90 },
		{ "p99", stats->p99 },
		{ "p999", stats->p999 },
		{ "max", stats->max },
		{ "mean", stats->mean },
		{ "median", stats->median },
		{ "median_low", stats->median_low },
		{ "median_high", stats->median_high },
	};
	json_t *json = json_object();

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		json_object_set_new(json, members[i].name,
				    json_integer((json_int_t)members[i].value));
	return json;
}

static json_t *render_result(const struct phyr_request *request,
			     const struct phyr_result *result)
{
	char name[PHYR_WORKLOAD_NAME];
	json_t *json;

	phyr_workload_format(&request->workload, name);
	json = json_pack("{s:s}", "workload", name);
	if (result->status) {
		json_object_set_new(json, "error",
				    json_pack("{s:s, s:s}", "errno",
					      phyr_error_name(result->status),
					      "message",
					      result->error.message));
	} else {
		json_object_set_new(json, "unit", json_string("ns"));
		json_object_set_new(json, "samples", render_samples(result));
		json_object_set_new(json, "stats",
				    render_stats(&result->stats));
	}
	json_object_set_new(json, "parameters",
			    render_parameters(&result->parameters));
	return json;
}

/* What a run is called and how far it is. */
static json_t *render_head(const struct store_record *record,
			   const struct store_progress *progress,
			   size_t finished)
{
	static const char *const states[] = {
		[STORE_QUEUED] = "queued",
		[STORE_RUNNING] = "running",
		[STORE_DONE] = "done",
		[STORE_FAILED] = "failed",
	};
	json_t *json;

	json = json_pack("{s:I, s:s, s:s, s:I, s:I, s:I}", "id",
			 (json_int_t)record->id, "name", record->name, "state",
			 states[progress->state], "workloads",
			 (json_int_t)record->run->n, "finished",
			 (json_int_t)finished, "created_ns",
			 (json_int_t)progress->created_ns);
	if (progress->started_ns)
		json_object_set_new(
			json, "started_ns",
			json_integer((json_int_t)progress->started_ns));
	if (progress->ended_ns)
		json_object_set_new(
			json, "ended_ns",
			json_integer((json_int_t)progress->ended_ns));
	return json;
}

json_t *render_run(struct store *store, const struct store_record *record)
{
	struct phyr_run *run = record->run;
	struct store_progress progress;
	json_t *json, *results;
	size_t finished;

	store_progress(store, record, &progress);
	finished = atomic_load_explicit(&run->finished, memory_order_acquire);
	json = render_head(record, &progress, finished);
	results = json_array();
	for (size_t i = 0; i < finished; i++)
		json_array_append_new(results, render_result(&run->requests[i],
							     &run->results[i]));
	json_object_set_new(json, "results", results);
	return json;
}

json_t *render_runs(struct store *store)
{
	const struct store_record *record = NULL;
	json_t *runs = json_array();

	while ((record = store_next(store, record))) {
		struct store_progress progress;

		store_progress(store, record, &progress);
		json_array_append_new(
			runs, render_head(record, &progress,
					  atomic_load_explicit(
						  &record->run->finished,
						  memory_order_relaxed)));
	}
	return json_pack("{s:o}", "runs", runs);
}

/* Appends "/name" or "/<name|name>". */
static void append_alternatives(char *text, size_t room,
				const char *const *names)
{
	size_t used = strlen(text);

	if (!names[1]) {
		snprintf(text + used, room - used, "/%s", names[0]);
		return;
	}
	for (size_t i = 0; names[i] && used < room; i++)
		used += (size_t)snprintf(text + used, room - used, "%s%s",
					 i ? "|" : "/<", names[i]);
	if (used < room)
		snprintf(text + used, room - used, ">");
}

static json_t *render_family(const struct phyr_family *family)
{
	char pattern[128];
	struct phyr_error error;
	json_t *json;
	int status;

	snprintf(pattern, sizeof(pattern), "%s", family->name);
	if (family->forms)
		append_alternatives(pattern, sizeof(pattern), family->forms);
	append_alternatives(pattern, sizeof(pattern), family->series);
	strncat(pattern, "/<backing>/<size>",
		sizeof(pattern) - strlen(pattern) - 1);

	status = family->probe(NULL, &error);
	json = json_pack("{s:s, s:s, s:s, s:b}", "pattern", pattern, "summary",
			 family->summary, "unit", "ns", "available", !status);
	if (status)
		json_object_set_new(json, "reason", json_string(error.message));
	return json;
}

static json_t *render_backings(void)
{
	json_t *json = json_array();

	for (int i = 0; i < PHYR_BACKING_KINDS; i++)
		json_array_append_new(
			json, json_pack("{s:s, s:I}", "name",
					phyr_backing_name(i), "page_size_bytes",
					(json_int_t)phyr_backing_page_size(i)));
	return json;
}

static json_t *render_count(int fallback, int min, int max)
{
	return json_pack("{s:i, s:i, s:i}", "default", fallback, "min", min,
			 "max", max);
}

json_t *render_workloads(void)
{
	json_t *families = json_array();

	for (size_t i = 0; phyr_families[i]; i++)
		json_array_append_new(families,
				      render_family(phyr_families[i]));
	return json_pack(
		"{s:o, s:{s:o, s:s, s:o, s:o}}", "workloads", families,
		"parameters", "backing", render_backings(), "size",
		"<n><KiB|MiB|GiB>, a multiple of the base page up to 1024GiB",
		"samples", render_count(DEFAULT_SAMPLES, 1, LIMIT_SAMPLES),
		"warmup", render_count(DEFAULT_WARMUP, 0, LIMIT_WARMUP));
}
