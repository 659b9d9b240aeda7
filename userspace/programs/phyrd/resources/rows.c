// SPDX-License-Identifier: GPL-2.0-only
/* Gathers the rows of Google Benchmark into results. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include <microhttpd.h>

#include <phyr/stats.h>

#include "body.h"
#include "limits.h"
#include "render.h"
#include "rows.h"

#define FIELD_ROOM 100

/*
 * A result while its rows are gathered.
 * @times: in ps, of its iterations
 */
struct group {
	char workload[LIMIT_WORKLOAD_BYTES + 1];
	json_t *parameters;
	json_t *aggregates;
	json_t *error; /* of the first that failed */
	size_t failed;
	uint64_t *times;
	size_t n;
	size_t room;
};

struct rows {
	struct group groups[LIMIT_WORKLOADS];
	size_t n;
	size_t samples; /* of all groups */
	json_t *index; /* of a group, by run_name and device */
	size_t number; /* of the row that is being read */
	struct problem *problem;
};

/* The name of a member of the row that is being read, or of the row. */
static void name_field(const struct rows *rows, const char *member,
		       char field[FIELD_ROOM])
{
	snprintf(field, FIELD_ROOM, "benchmarks[%zu]%s%s", rows->number,
		 *member ? "." : "", member);
}

static int refuse(struct rows *rows, const char *member, const char *what)
{
	char field[FIELD_ROOM];

	name_field(rows, member, field);
	return problem_set_field(rows->problem, field, "%s", what);
}

static int refuse_type(struct rows *rows, const json_t *row, const char *member,
		       const char *type)
{
	char field[FIELD_ROOM];

	name_field(rows, member, field);
	return problem_set_field(rows->problem, field, "%s, but must be %s",
				 body_type_name(json_object_get(row, member)),
				 type);
}

static int refuse_limit(struct rows *rows, const char *field, size_t value,
			const char *what, long long limit)
{
	char text[64];

	snprintf(text, sizeof(text), "%zu %s", value, what);
	return problem_set_limit(rows->problem, MHD_HTTP_UNPROCESSABLE_CONTENT,
				 field, text, limit);
}

static const char *get_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static int check_bytes(struct rows *rows, const char *member, const char *text)
{
	char field[FIELD_ROOM];

	if (strlen(text) <= LIMIT_WORKLOAD_BYTES)
		return 0;
	name_field(rows, member, field);
	return refuse_limit(rows, field, strlen(text), "bytes",
			    LIMIT_WORKLOAD_BYTES);
}

/* Members of a row that are the format's own. */
static bool is_format(const char *name)
{
	static const char *const names[] = {
		"name",		  "family_index",   "per_family_instance_index",
		"run_name",	  "run_type",	    "repetition_index",
		"real_time",	  "cpu_time",	    "time_unit",
		"aggregate_name", "aggregate_unit", "error_occurred",
		"error_message",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(names[i], name))
			return true;
	}
	return false;
}

static json_t *copy_parameters(json_t *row)
{
	json_t *parameters = json_object();
	const char *name;
	json_t *value;

	json_object_foreach(row, name, value)
	{
		if (json_object_size(parameters) == LIMIT_PARAMETERS)
			break;
		if (is_format(name) || strlen(name) > LIMIT_NAME_BYTES ||
		    !(json_is_string(value) || json_is_number(value)) ||
		    json_string_length(value) > LIMIT_WORKLOAD_BYTES)
			continue;
		json_object_set(parameters, name, value);
	}
	return parameters;
}

/* Google Benchmark marks the name of a benchmark that times itself. */
static void copy_workload(const char *name, char *workload)
{
	static const char remark[] = "/manual_time";
	const char *found = strstr(name, remark);
	size_t before = found ? (size_t)(found - name) : strlen(name);

	memcpy(workload, name, before);
	strcpy(workload + before, found ? found + strlen(remark) : "");
}

static struct group *add_group(struct rows *rows, const char *key,
			       const char *workload, json_t *row)
{
	struct group *group;

	if (rows->n == LIMIT_WORKLOADS) {
		refuse_limit(rows, "benchmarks", rows->n + 1,
			     "different workloads", LIMIT_WORKLOADS);
		return NULL;
	}
	group = &rows->groups[rows->n];
	copy_workload(workload, group->workload);
	group->parameters = copy_parameters(row);
	group->aggregates = json_object();
	json_object_set_new(rows->index, key,
			    json_integer((json_int_t)rows->n));
	rows->n++;
	return group;
}

static struct group *find_group(struct rows *rows, json_t *row)
{
	char key[2 * LIMIT_WORKLOAD_BYTES + 2];
	bool named = json_object_get(row, "run_name");
	const char *member = named ? "run_name" : "name";
	const char *name = get_text(row, member);
	const char *device = get_text(row, "device");
	const json_t *known;

	if (!name) {
		refuse_type(rows, row, member, "a string");
		return NULL;
	}
	if (!*name) {
		refuse(rows, member, "empty, but a result needs a name");
		return NULL;
	}
	if (check_bytes(rows, member, name) ||
	    (device && check_bytes(rows, "device", device)))
		return NULL;
	snprintf(key, sizeof(key), "%s\n%s", name, device ? device : "");
	known = json_object_get(rows->index, key);
	if (known)
		return &rows->groups[json_integer_value(known)];
	return add_group(rows, key, name, row);
}

static int parse_unit(struct rows *rows, const json_t *row, double *ps_per_unit)
{
	static const struct {
		const char *name;
		double ps;
	} units[] = {
		{ "ns", 1e3 }, { "us", 1e6 }, { "ms", 1e9 }, { "s", 1e12 }
	};
	const json_t *unit = json_object_get(row, "time_unit");

	*ps_per_unit = 1e3;
	if (!unit)
		return 0;
	for (size_t i = 0; json_is_string(unit) && i < 4; i++) {
		if (!strcmp(json_string_value(unit), units[i].name)) {
			*ps_per_unit = units[i].ps;
			return 0;
		}
	}
	return refuse(rows, "time_unit", "not one of: ns, us, ms, s");
}

/* The row's real_time, in ps. */
static int parse_time(struct rows *rows, const json_t *row, double *ps)
{
	const json_t *time = json_object_get(row, "real_time");
	double factor;

	if (!json_is_number(time))
		return refuse_type(rows, row, "real_time", "a number");
	if (parse_unit(rows, row, &factor))
		return -1;
	*ps = json_number_value(time) * factor;
	if (*ps < 0)
		return refuse(rows, "real_time", "less than 0");
	if (*ps > LIMIT_TIME_PS)
		return refuse(rows, "real_time", "more than 9007 seconds");
	return 0;
}

static int add_time(struct rows *rows, struct group *group, double ps)
{
	if (rows->samples == LIMIT_RUN_SAMPLES)
		return refuse_limit(rows, "benchmarks", rows->samples + 1,
				    "repetitions", LIMIT_RUN_SAMPLES);
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

static int add_aggregate(struct rows *rows, struct group *group,
			 const json_t *row)
{
	const char *name = get_text(row, "aggregate_name");
	const char *unit = get_text(row, "aggregate_unit");
	double ps;

	if (!name || !*name || strlen(name) > LIMIT_NAME_BYTES)
		return refuse(rows, "aggregate_name",
			      "must be a string of 1 to 100 bytes");
	if (!strcmp(name, "BigO") || !strcmp(name, "RMS"))
		return 0;
	if (json_object_size(group->aggregates) == LIMIT_AGGREGATES)
		return refuse(rows, "aggregate_name",
			      "more than 32 aggregates of one benchmark");
	if (unit && !strcmp(unit, "percentage")) {
		const json_t *ratio = json_object_get(row, "real_time");

		if (!json_is_number(ratio))
			return refuse_type(rows, row, "real_time", "a number");
		json_object_set_new(group->aggregates, name,
				    json_real(json_number_value(ratio)));
		return 0;
	}
	if (parse_time(rows, row, &ps))
		return -1;
	json_object_set_new(group->aggregates, name, json_real(ps / 1000));
	return 0;
}

/* "ENOMEM: why" or "ENOMEM" or words of any kind. */
static json_t *render_error(const char *text)
{
	size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
	const char *message = text;
	char name[32] = "EUNKNOWN";

	if (len > 1 && len < sizeof(name) && *text == 'E' &&
	    (!text[len] || text[len] == ':')) {
		snprintf(name, sizeof(name), "%.*s", (int)len, text);
		message += len;
		message += strspn(message, ": ");
	}
	return json_pack("{s:s, s:s}", "errno", name, "message",
			 *message ? message : name);
}

static int take_row(struct rows *rows, json_t *row)
{
	const char *type = get_text(row, "run_type");
	struct group *group;
	double ps;

	if (!json_is_object(row))
		return refuse(rows, "", "must be an object");
	if (type && strcmp(type, "iteration") && strcmp(type, "aggregate"))
		return refuse(rows, "run_type",
			      "not one of: iteration, aggregate");
	group = find_group(rows, row);
	if (!group)
		return -1;
	if (type ? !strcmp(type, "aggregate")
		 : !!json_object_get(row, "aggregate_name"))
		return add_aggregate(rows, group, row);
	if (json_is_true(json_object_get(row, "error_occurred"))) {
		const char *message = get_text(row, "error_message");

		if (!group->failed++)
			group->error = render_error(message ? message : "");
		return 0;
	}
	return parse_time(rows, row, &ps) ? -1 : add_time(rows, group, ps);
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
	} else if (group->error) {
		json_object_set(json, "error", group->error);
	} else if (json_object_size(group->aggregates)) {
		json_object_set_new(json, "unit", json_string("ns"));
		json_object_set(json, "aggregates", group->aggregates);
	} else {
		json_object_set_new(
			json, "error",
			render_error("no repetition and no aggregate"));
	}
	return json;
}

int rows_render(struct rows *rows, struct gbench *gbench)
{
	gbench->results = calloc(rows->n, sizeof(*gbench->results));
	if (!gbench->results)
		return problem_set(rows->problem, MHD_HTTP_SERVICE_UNAVAILABLE,
				   "Out of memory");
	for (size_t i = 0; i < rows->n; i++) {
		struct archive_result *result = &gbench->results[i];
		struct group *group = &rows->groups[i];
		json_t *json = render_group(group, rows);

		if (!json)
			return -1;
		gbench->n++;
		result->samples = group->times;
		result->n = group->n;
		group->times = NULL;
		text_add_json(&result->document, json);
		if (result->document.failed)
			return problem_set(rows->problem,
					   MHD_HTTP_SERVICE_UNAVAILABLE,
					   "Out of memory");
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
		json_decref(rows->groups[i].aggregates);
		json_decref(rows->groups[i].error);
		free(rows->groups[i].times);
	}
	json_decref(rows->index);
	free(rows);
}

bool rows_are_empty(const struct rows *rows)
{
	return !rows->n;
}

int rows_add(struct rows *rows, json_t *row)
{
	int ret = take_row(rows, row);

	rows->number++;
	return ret;
}
