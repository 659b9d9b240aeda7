// SPDX-License-Identifier: GPL-2.0-only
/* Gathers the rows of Google Benchmark into results. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include <microhttpd.h>

#include <phyr/stats.h>

#include "limits.h"
#include "render.h"
#include "row.h"
#include "rows.h"

#define KEY_ROOM (2 * LIMIT_WORKLOAD_BYTES + 32)

/*
 * A result while its rows are gathered.
 * @dropped: members of its rows that are left out, see row_drop()
 * @ratios: names of the aggregates that are no times
 * @times: in ps, of its iterations
 * @absorbed: it turned out to be a statistic of another
 */
struct group {
	char workload[LIMIT_WORKLOAD_BYTES + 1];
	json_t *parameters;
	json_t *dropped;
	json_t *aggregates;
	json_t *ratios;
	json_t *error; /* of the first that failed */
	size_t failed;
	uint64_t *times;
	size_t n;
	size_t room;
	bool absorbed;
};

struct rows {
	struct group groups[LIMIT_WORKLOADS];
	size_t n;
	size_t samples; /* of all groups */
	json_t *index; /* of a group, by run_name and device */
	size_t number; /* of rows that were read */
	bool typed; /* a row has said what kind it is */
	struct problem *problem;
};

static int refuse_limit(struct rows *rows, size_t value, const char *what,
			long long limit)
{
	char text[64];

	snprintf(text, sizeof(text), "%zu %s", value, what);
	return problem_set_limit(rows->problem, MHD_HTTP_UNPROCESSABLE_CONTENT,
				 "benchmarks", text, limit);
}

static struct group *add_group(struct rows *rows, const char *key,
			       const char *workload, const struct row *row)
{
	struct group *group;

	if (rows->n == LIMIT_WORKLOADS) {
		refuse_limit(rows, rows->n + 1, "different workloads",
			     LIMIT_WORKLOADS);
		return NULL;
	}
	group = &rows->groups[rows->n];
	strcpy(group->workload, workload);
	group->parameters = row_parameters(row);
	group->dropped = json_array();
	group->aggregates = json_object();
	group->ratios = json_array();
	json_object_set_new(rows->index, key,
			    json_integer((json_int_t)rows->n));
	rows->n++;
	return group;
}

static void make_key(const char *name, const char *device, char key[KEY_ROOM])
{
	snprintf(key, KEY_ROOM, "%zu %s%s", strlen(name), name,
		 device ? device : "");
}

static struct group *look_up(struct rows *rows, const char *name,
			     const char *device)
{
	const json_t *known;
	char key[KEY_ROOM];

	make_key(name, device, key);
	known = json_object_get(rows->index, key);
	return known ? &rows->groups[json_integer_value(known)] : NULL;
}

static struct group *find_group(struct rows *rows, const struct row *row)
{
	bool named = json_object_get(row->json, "run_name");
	const char *member = named ? "run_name" : "name";
	const char *name = row_text(row, member);
	const char *device = row_text(row, "device");
	struct group *group;
	char key[KEY_ROOM];

	if (!name) {
		row_refuse_type(row, member, "a string");
		return NULL;
	}
	if (!*name) {
		row_refuse(row, member, "empty, but a result needs a name");
		return NULL;
	}
	if (row_check_bytes(row, member, name) ||
	    (device && row_check_bytes(row, "device", device)))
		return NULL;
	group = look_up(rows, name, device);
	if (group)
		return group;
	make_key(name, device, key);
	return add_group(rows, key, name, row);
}

static int add_time(struct rows *rows, struct group *group, double ps)
{
	if (rows->samples == LIMIT_RUN_SAMPLES)
		return refuse_limit(rows, rows->samples + 1, "repetitions",
				    LIMIT_RUN_SAMPLES);
	if (group->n == group->room) {
		size_t room = group->room ? 2 * group->room : 16;
		uint64_t *times =
			reallocarray(group->times, room, sizeof(*times));

		if (!times)
			return problem_set(rows->problem,
					   MHD_HTTP_SERVICE_UNAVAILABLE,
					   "Out of memory");
		group->times = times;
		group->room = room;
	}
	group->times[group->n++] = (uint64_t)llround(ps);
	rows->samples++;
	return 0;
}

static int add_aggregate(struct group *group, const struct row *row)
{
	const char *name = row_text(row, "aggregate_name");
	const json_t *value = json_object_get(row->json, "real_time");
	double ps;

	if (!name || !*name || strlen(name) > LIMIT_NAME_BYTES)
		return row_refuse(row, "aggregate_name",
				  "must be a string of 1 to 100 bytes");
	if (json_object_size(group->aggregates) == LIMIT_AGGREGATES)
		return row_refuse(row, "aggregate_name",
				  "more than 32 aggregates of one benchmark");
	if (!row_is_ratio(row)) {
		if (row_time(row, &ps))
			return -1;
		json_object_set_new(group->aggregates, name,
				    json_real(ps / 1000));
		return 0;
	}
	if (!json_is_number(value))
		return row_refuse_type(row, "real_time", "a number");
	if (!json_object_get(group->aggregates, name))
		json_array_append_new(group->ratios, json_string(name));
	json_object_set_new(group->aggregates, name,
			    json_real(json_number_value(value)));
	return 0;
}

static void note_dropped(struct group *group, const struct row *row)
{
	json_t *one;
	size_t i;

	json_array_foreach(row->dropped, i, one)
	{
		const json_t *name = json_object_get(one, "name");
		const json_t *why = json_object_get(one, "why");

		row_drop(group->dropped, json_string_value(name),
			 json_string_value(why));
	}
}

static int take_row(struct rows *rows, const struct row *row)
{
	const char *type = row_text(row, "run_type");
	enum row_kind kind;
	struct group *group;
	double ps;

	if (!json_is_object(row->json))
		return row_refuse(row, "", "must be an object");
	if (type && strcmp(type, "iteration") && strcmp(type, "aggregate"))
		return row_refuse(row, "run_type",
				  "not one of: iteration, aggregate");
	rows->typed |= !!type;
	kind = row_kind(row);
	if (kind == ROW_OTHER)
		return 0;
	group = find_group(rows, row);
	if (!group)
		return -1;
	note_dropped(group, row);
	switch (kind) {
	case ROW_AGGREGATE:
		return add_aggregate(group, row);
	case ROW_FAILURE:
		if (!group->failed++)
			group->error = row_error(row);
		return 0;
	default:
		return row_time(row, &ps) ? -1 : add_time(rows, group, ps);
	}
}

/* The group "NAME_mean" of the group "NAME", and the like, or NULL. */
static struct group *find_statistic(struct rows *rows, const struct group *of,
				    const char *name, size_t len,
				    const char *statistic)
{
	const json_t *device = json_object_get(of->parameters, "device");
	char full[LIMIT_WORKLOAD_BYTES + 16];
	struct group *group;

	snprintf(full, sizeof(full), "%.*s_%s", (int)len, name, statistic);
	group = look_up(rows, full, json_string_value(device));
	return group && group->n == 1 && !group->absorbed ? group : NULL;
}

/*
 * Before 1.5 a row did not say that it is a statistic: its name ends with which.
 * It is one if there are repetitions that it is of, or else if the mean stands
 * beside the standard deviation, as with --benchmark_report_aggregates_only.
 */
static void absorb_statistics(struct rows *rows)
{
	static const char *const names[] = { "mean", "median", "stddev" };
	static const char suffix[] = "_mean";

	for (size_t i = 0; i < rows->n && !rows->typed; i++) {
		struct group *mean = &rows->groups[i];
		size_t len = strlen(mean->workload);
		char name[LIMIT_WORKLOAD_BYTES + 1];
		struct group *of;

		if (mean->n != 1 || len < sizeof(suffix) ||
		    strcmp(mean->workload + len - strlen(suffix), suffix))
			continue;
		len -= strlen(suffix);
		snprintf(name, sizeof(name), "%.*s", (int)len, mean->workload);
		of = look_up(rows, name,
			     json_string_value(json_object_get(mean->parameters,
							       "device")));
		if (of ? of->n + of->failed < 2
		       : !find_statistic(rows, mean, name, len, "stddev"))
			continue;
		for (size_t s = 0; s < 3; s++) {
			struct group *one =
				find_statistic(rows, mean, name, len, names[s]);

			if (!one)
				continue;
			json_object_set_new(
				mean->aggregates, names[s],
				json_real((double)one->times[0] / 1000));
			one->absorbed = one != mean || of;
		}
		rows->samples -= mean->n;
		mean->n = 0;
		strcpy(mean->workload, name);
	}
}

/*
 * phyr-bench measures phyrd's workloads, and Google Benchmark marks the names of
 * all that time themselves.
 */
static void remove_remark(struct rows *rows, size_t position)
{
	static const char remark[] = "/manual_time";
	struct group *group = &rows->groups[position];
	const json_t *device = json_object_get(group->parameters, "device");
	char *found = strstr(group->workload, remark);
	char name[LIMIT_WORKLOAD_BYTES + 1];
	char key[KEY_ROOM];

	while (found && !strchr("/", found[strlen(remark)]))
		found = strstr(found + 1, remark);
	if (!found || found == group->workload)
		return;
	snprintf(name, sizeof(name), "%.*s%s", (int)(found - group->workload),
		 group->workload, found + strlen(remark));
	/* What differs must stay different. */
	if (look_up(rows, name, json_string_value(device)))
		return;
	make_key(name, json_string_value(device), key);
	json_object_set_new(rows->index, key,
			    json_integer((json_int_t)position));
	strcpy(group->workload, name);
}

/* Whole nanoseconds where that loses nothing. */
static const char *choose_unit(struct group *group)
{
	for (size_t i = 0; i < group->n; i++) {
		if (group->times[i] % 1000)
			return "ps";
	}
	for (size_t i = 0; i < group->n; i++)
		group->times[i] /= 1000;
	return "ns";
}

static json_t *render_group(struct group *group, struct rows *rows)
{
	json_t *json = json_pack("{s:s, s:O}", "workload", group->workload,
				 "parameters", group->parameters);
	struct phyr_stats stats;

	if (group->n) {
		json_object_set_new(json, "unit",
				    json_string(choose_unit(group)));
		if (phyr_stats_compute(group->times, group->n, &stats)) {
			json_decref(json);
			problem_set(rows->problem, MHD_HTTP_SERVICE_UNAVAILABLE,
				    "Out of memory");
			return NULL;
		}
		json_object_set_new(json, "stats", render_stats(&stats));
		if (group->failed)
			json_object_set_new(
				group->parameters, "failed_repetitions",
				json_integer((json_int_t)group->failed));
	} else if (json_object_size(group->aggregates)) {
		json_object_set_new(json, "unit", json_string("ns"));
		json_object_set(json, "aggregates", group->aggregates);
		json_object_set(json, "ratios", group->ratios);
	} else {
		json_object_set(json, "error", group->error);
	}
	if (json_array_size(group->dropped))
		json_object_set(json, "dropped", group->dropped);
	return json;
}

static int render_into(struct archive_result *result, struct group *group,
		       struct rows *rows)
{
	json_t *json = render_group(group, rows);

	if (!json)
		return -1;
	result->samples = group->times;
	result->n = group->n;
	group->times = NULL;
	text_add_json(&result->document, json);
	if (!result->document.failed)
		return 0;
	return problem_set(rows->problem, MHD_HTTP_SERVICE_UNAVAILABLE,
			   "Out of memory");
}

int rows_render(struct rows *rows, struct gbench *gbench)
{
	if (!rows->n)
		return problem_set_field(rows->problem, "benchmarks",
					 "no row of it is of a benchmark");
	gbench->results = calloc(rows->n, sizeof(*gbench->results));
	if (!gbench->results)
		return problem_set(rows->problem, MHD_HTTP_SERVICE_UNAVAILABLE,
				   "Out of memory");
	absorb_statistics(rows);
	for (size_t i = 0; i < rows->n; i++) {
		struct group *group = &rows->groups[i];

		if (group->absorbed)
			continue;
		if (gbench->phyr_bench)
			remove_remark(rows, i);
		if (render_into(&gbench->results[gbench->n++], group, rows))
			return -1;
	}
	return 0;
}

struct rows *rows_create(struct problem *problem)
{
	struct rows *rows = calloc(1, sizeof(*rows));

	if (!rows)
		return NULL;
	rows->problem = problem;
	rows->index = json_object();
	return rows;
}

void rows_destroy(struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		json_decref(rows->groups[i].parameters);
		json_decref(rows->groups[i].dropped);
		json_decref(rows->groups[i].aggregates);
		json_decref(rows->groups[i].ratios);
		json_decref(rows->groups[i].error);
		free(rows->groups[i].times);
	}
	json_decref(rows->index);
	free(rows);
}

size_t rows_count(const struct rows *rows)
{
	return rows->number;
}

int rows_add(struct rows *rows, json_t *json, json_t *dropped)
{
	const struct row row = { .json = json,
				 .dropped = dropped,
				 .number = rows->number,
				 .problem = rows->problem };

	rows->number++;
	return take_row(rows, &row);
}
