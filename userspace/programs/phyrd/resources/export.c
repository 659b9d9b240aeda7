// SPDX-License-Identifier: GPL-2.0-only
/*
 * A run as Google Benchmark JSON: every sample is a repetition; mean, median
 * and standard deviation are aggregates. The first repetition also carries the
 * parameters, which import.c reads back. The others carry only their times, so
 * that the largest run is not larger than what may be imported.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <time.h>
#include <microhttpd.h>

#include "find_run.h"
#include "gbench.h"
#include "resources.h"

#define ROWS_IN_PIECE 50

struct export
{
	struct stream stream;
	struct store *store;
	struct run_head head;
	bool begun;
	size_t position; /* of the result */
	json_t *document; /* the result, or NULL before it is read */
	size_t n; /* its samples */
	size_t sent; /* of them */
	double mean; /* of what was sent */
	double squares; /* sum of squared distances from it */
};

/* What people say about a run, which an import takes in again. */
static json_t *render_words(const struct run_head *head)
{
	json_t *words = json_pack("{s:s}", "name", head->name);

	if (*head->tags)
		json_object_set_new(words, "tags", run_tags_render(head->tags));
	if (*head->notes)
		json_object_set_new(words, "notes", json_string(head->notes));
	return words;
}

/* What Google Benchmark says of a machine, as far as it applies. */
static int add_context(struct export *export, struct text *text)
{
	time_t created = (time_t)(export->head.created_ns / 1000000000);
	struct text stored = { 0 };
	struct phyr_error error;
	json_t *context, *defaults;
	char date[32] = "";
	struct tm tm;
	int ret;

	ret = store_context(export->store, export->head.id, &stored, &error);
	if (ret)
		return ret;
	context = json_loadb(stored.data, stored.len, 0, NULL);
	text_clear(&stored);
	if (!context)
		return -EBADMSG;
	if (gmtime_r(&created, &tm))
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S+00:00", &tm);
	defaults = json_pack(
		"{s:s, s:s, s:s, s:i, s:i, s:b, s:[], s:[], s:s, s:s, s:s}",
		"date", date, "host_name", "unknown", "executable", "phyrd",
		"num_cpus", 1, "mhz_per_cpu", 0, "cpu_scaling_enabled", 0,
		"caches", "load_avg", "library_build_type", "release", "kernel",
		export->head.kernel, "clock", export->head.clock);
	json_object_update_missing(context, defaults);
	json_decref(defaults);
	json_object_set_new(context, GBENCH_WORDS, render_words(&export->head));
	text_add(text, "{\"context\":");
	text_add_json(text, context);
	text_add(text, ",\"benchmarks\":[");
	return 0;
}

static int read_document(struct export *export)
{
	struct text text = { 0 };
	struct phyr_error error;
	int ret = store_result(export->store, export->head.id, export->position,
			       &text, &export->n, &error);

	if (!ret) {
		export->document = json_loadb(text.data, text.len, 0, NULL);
		ret = export->document ? 0 : -EBADMSG;
	}
	text_clear(&text);
	export->sent = 0;
	export->mean = export->squares = 0;
	return ret;
}

static const char *get_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static json_int_t get_count(const json_t *parameters, const char *name)
{
	const json_t *number = json_object_get(parameters, name);

	return json_is_integer(number) ? json_integer_value(number) : 1;
}

/* What all rows of a result begin with. @suffix: of an aggregate's name */
static json_t *create_row(const struct export *export, const char *suffix,
			  size_t repetitions)
{
	const json_t *parameters =
		json_object_get(export->document, "parameters");
	const char *workload = get_text(export->document, "workload");
	const char *device = get_text(parameters, "device");
	json_t *row;

	row = json_pack("{s:o, s:I, s:i, s:s, s:s, s:I, s:I, s:I}", "name",
			json_sprintf("%s%s%s", workload, suffix ? "_" : "",
				     suffix ? suffix : ""),
			"family_index", (json_int_t) export->position,
			"per_family_instance_index", 0, "run_name", workload,
			"run_type", suffix ? "aggregate" : "iteration",
			"repetitions", (json_int_t)repetitions, "threads",
			get_count(parameters, "threads"), "iterations",
			get_count(parameters, "iterations"));
	if (*device)
		json_object_set_new(row, "device", json_string(device));
	if (suffix)
		json_object_set_new(row, "aggregate_name", json_string(suffix));
	return row;
}

/* The first repetition, or a failure, which stands for all. */
static json_t *create_first(const struct export *export, size_t repetitions)
{
	json_t *row = create_row(export, NULL, repetitions);

	json_object_set_new(row, "repetition_index", json_integer(0));
	json_object_update_missing(row, json_object_get(export->document,
							"parameters"));
	return row;
}

/* A later one, without what the first has said. */
static json_t *create_repetition(const struct export *export)
{
	const json_t *device = json_object_get(
		json_object_get(export->document, "parameters"), "device");
	json_t *row = json_pack("{s:s, s:s}", "name",
				get_text(export->document, "workload"),
				"run_type", "iteration");

	if (json_is_string(device))
		json_object_set(row, "device", (json_t *)device);
	return row;
}

static void add_row(struct export *export, json_t *row, struct text *text)
{
	if (export->position || export->sent)
		text_add(text, ",");
	text_add_json(text, row);
}

static void set_time(json_t *row, double time)
{
	json_object_set_new(row, "real_time", json_real(time));
	json_object_set_new(row, "cpu_time", json_real(time));
	json_object_set_new(row, "time_unit", json_string("ns"));
}

static double nanoseconds(const struct export *export, double time)
{
	return strcmp(get_text(export->document, "unit"), "ps") ? time
								: time / 1000;
}

static void add_sample(struct export *export, uint64_t sample,
		       struct text *text)
{
	double time = nanoseconds(export, (double)sample), distance;
	json_t *row = export->sent ? create_repetition(export)
				   : create_first(export, export->n);

	set_time(row, time);
	add_row(export, row, text);

	export->sent++;
	distance = time - export->mean;
	export->mean += distance / (double)export->sent;
	export->squares += distance * (time - export->mean);
}

/* Runs stored by a phyrd that did not note which are ratios have none but cv. */
static bool is_ratio(const struct export *export, const char *name)
{
	const json_t *ratios = json_object_get(export->document, "ratios");
	json_t *ratio;
	size_t i;

	json_array_foreach(ratios, i, ratio)
	{
		if (!strcmp(json_string_value(ratio), name))
			return true;
	}
	return !ratios && !strcmp(name, "cv");
}

static void add_aggregate(struct export *export, const char *name, double value,
			  struct text *text)
{
	json_t *row = create_row(export, name, export->n ? export->n : 1);
	bool ratio = is_ratio(export, name);

	json_object_set_new(row, "aggregate_unit",
			    json_string(ratio ? "percentage" : "time"));
	/* Where there are no repetitions the first of these stands for all. */
	if (!export->n && !export->sent)
		json_object_update_missing(
			row, json_object_get(export->document, "parameters"));
	set_time(row, ratio ? value : nanoseconds(export, value));
	add_row(export, row, text);
	export->sent++;
}

static void add_statistics(struct export *export, struct text *text)
{
	double n = (double)export->n;
	double scale = nanoseconds(export, 1);
	const json_t *stats = json_object_get(export->document, "stats");
	double median =
		(double)json_integer_value(json_object_get(stats, "median"));
	double deviation = export->n > 1 ? sqrt(export->squares / (n - 1)) : 0;

	add_aggregate(export, "mean", export->mean / scale, text);
	add_aggregate(export, "median", median, text);
	add_aggregate(export, "stddev", deviation / scale, text);
}

static int add_samples(struct export *export, struct text *text)
{
	uint64_t samples[ROWS_IN_PIECE];
	size_t n = export->n - export->sent;
	struct phyr_error error;
	int ret;

	if (n > ROWS_IN_PIECE)
		n = ROWS_IN_PIECE;
	ret = store_samples(export->store, export->head.id, export->position,
			    export->sent, samples, n, &error);
	for (size_t i = 0; i < n && !ret; i++)
		add_sample(export, samples[i], text);
	if (!ret && export->sent == export->n)
		add_statistics(export, text);
	return ret;
}

static void add_error(struct export *export, const json_t *error,
		      struct text *text)
{
	json_t *row = create_first(export, 1);

	json_object_set_new(row, "error_occurred", json_true());
	json_object_set_new(row, "error_message",
			    json_sprintf("%s: %s", get_text(error, "errno"),
					 get_text(error, "message")));
	set_time(row, 0);
	add_row(export, row, text);
}

static void add_aggregates(struct export *export, json_t *aggregates,
			   struct text *text)
{
	const char *name;
	json_t *value;

	json_object_foreach(aggregates, name, value)
		add_aggregate(export, name, json_number_value(value), text);
}

static int add_result(struct export *export, struct text *text)
{
	json_t *part;
	int ret = 0;

	if (!export->document)
		ret = read_document(export);
	if (ret)
		return ret;
	if ((part = json_object_get(export->document, "error")))
		add_error(export, part, text);
	else if ((part = json_object_get(export->document, "aggregates")))
		add_aggregates(export, part, text);
	else if (export->n)
		ret = add_samples(export, text);
	if (ret || export->sent < export->n)
		return ret;
	json_decref(export->document);
	export->document = NULL;
	export->position++;
	return 0;
}

static int next(struct stream *stream, struct text *text)
{
	struct export *export = (struct export *)stream;
	int ret = 0;

	if (!export->begun)
		ret = add_context(export, text);
	else if (export->position < export->head.finished)
		ret = add_result(export, text);
	export->begun = true;
	if (ret || text->failed)
		return ret ? ret : -ENOMEM;
	if (export->position < export->head.finished)
		return 1;
	text_add(text, "]}");
	return text->failed ? -ENOMEM : 0;
}

static void destroy(struct stream *stream)
{
	struct export *export = (struct export *)stream;

	json_decref(export->document);
	free(export);
}

void export_get(const struct http_request *request, struct http_reply *reply)
{
	struct problem problem;
	struct export *export;
	struct run_head head;

	if (find_ended_run(request->context, request, "run", &head, &problem)) {
		reply_problem(reply, &problem);
		return;
	}
	export = calloc(1, sizeof(*export));
	if (export) {
		export->stream.next = next;
		export->stream.destroy = destroy;
		export->store = request->context;
		export->head = head;
	}
	reply_stream(reply, MHD_HTTP_OK, export ? &export->stream : NULL);
}
