// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include <microhttpd.h>

#include <phyr/stats.h>

#include "body.h"
#include "gbench.h"
#include "limits.h"
#include "render.h"

#define FIELD_ROOM 100
#define MAX_PARAMETERS 32
#define MAX_AGGREGATES 32
/* A JSON number holds every picosecond up to this: 2.5 hours. */
#define MAX_PS 9007199254740991.0

/*
 * A result while its rows are gathered.
 * @times: in ps, of its iterations
 */
struct group {
	char workload[LIMIT_WORKLOAD_BYTES + 1];
	json_t *parameters;
	json_t *aggregates;
	const char *error;
	uint64_t *times;
	size_t n;
	size_t room;
};

struct parser {
	struct group groups[LIMIT_WORKLOADS];
	size_t n;
	size_t samples; /* of all groups */
	json_t *index; /* of a group, by run_name and device */
	size_t row;
	struct problem *problem;
};

static int refuse(struct parser *parser, const char *member, const char *what)
{
	char field[FIELD_ROOM];

	snprintf(field, sizeof(field), "benchmarks[%zu]%s%s", parser->row,
		 *member ? "." : "", member);
	return problem_set_field(parser->problem, field, "%s", what);
}

static int refuse_limit(struct parser *parser, const char *field, size_t value,
			const char *what, long long limit)
{
	char text[64];

	snprintf(text, sizeof(text), "%zu %s", value, what);
	return problem_set_limit(parser->problem,
				 MHD_HTTP_UNPROCESSABLE_CONTENT, field, text,
				 limit);
}

static const char *get_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
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
		if (json_object_size(parameters) == MAX_PARAMETERS)
			break;
		if (is_format(name) || strlen(name) > LIMIT_NAME_BYTES ||
		    !(json_is_string(value) || json_is_number(value)) ||
		    json_string_length(value) > LIMIT_WORKLOAD_BYTES)
			continue;
		json_object_set(parameters, name, value);
	}
	return parameters;
}

/* Google Benchmark says within the name that it took its times from us. */
static void copy_workload(const char *name, char *workload)
{
	static const char remark[] = "/manual_time";
	const char *found = strstr(name, remark);
	size_t before = found ? (size_t)(found - name) : strlen(name);

	memcpy(workload, name, before);
	strcpy(workload + before, found ? found + strlen(remark) : "");
}

static struct group *add_group(struct parser *parser, const char *key,
			       const char *workload, json_t *row)
{
	struct group *group;

	if (parser->n == LIMIT_WORKLOADS) {
		refuse_limit(parser, "benchmarks", parser->n + 1,
			     "different workloads", LIMIT_WORKLOADS);
		return NULL;
	}
	group = &parser->groups[parser->n];
	copy_workload(workload, group->workload);
	group->parameters = copy_parameters(row);
	group->aggregates = json_object();
	json_object_set_new(parser->index, key,
			    json_integer((json_int_t)parser->n));
	parser->n++;
	return group;
}

static struct group *find_group(struct parser *parser, json_t *row)
{
	char key[2 * LIMIT_WORKLOAD_BYTES + 2];
	const char *name = get_text(row, "run_name");
	const char *device = get_text(row, "device");
	const json_t *known;

	if (!name)
		name = get_text(row, "name");
	if (!name || !*name) {
		refuse(parser, "name", "missing, but must be a string");
		return NULL;
	}
	if (strlen(name) > LIMIT_WORKLOAD_BYTES) {
		refuse_limit(parser, "benchmarks", strlen(name),
			     "bytes in a name", LIMIT_WORKLOAD_BYTES);
		return NULL;
	}
	if (device && strlen(device) > LIMIT_WORKLOAD_BYTES) {
		refuse_limit(parser, "benchmarks", strlen(device),
			     "bytes in a device", LIMIT_WORKLOAD_BYTES);
		return NULL;
	}
	snprintf(key, sizeof(key), "%s\n%s", name, device ? device : "");
	known = json_object_get(parser->index, key);
	if (known)
		return &parser->groups[json_integer_value(known)];
	return add_group(parser, key, name, row);
}

static int parse_unit(struct parser *parser, const json_t *row,
		      double *ps_per_unit)
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
	return refuse(parser, "time_unit", "not one of: ns, us, ms, s");
}

/* The row's real_time, in ps. */
static int parse_time(struct parser *parser, const json_t *row, double *ps)
{
	const json_t *time = json_object_get(row, "real_time");
	double factor;

	if (!json_is_number(time))
		return refuse(parser, "real_time",
			      "missing, but must be a number");
	if (parse_unit(parser, row, &factor))
		return -1;
	*ps = json_number_value(time) * factor;
	if (*ps < 0)
		return refuse(parser, "real_time", "less than 0");
	if (*ps > MAX_PS)
		return refuse(parser, "real_time", "more than 9007 seconds");
	return 0;
}

static int add_time(struct parser *parser, struct group *group, double ps)
{
	if (parser->samples == LIMIT_RUN_SAMPLES)
		return refuse_limit(parser, "benchmarks", parser->samples + 1,
				    "repetitions", LIMIT_RUN_SAMPLES);
	if (group->n == group->room) {
		size_t room = group->room ? 2 * group->room : 16;
		uint64_t *times =
			reallocarray(group->times, room, sizeof(*times));

		if (!times)
			return problem_set(parser->problem,
					   MHD_HTTP_SERVICE_UNAVAILABLE,
					   "Out of memory");
		group->times = times;
		group->room = room;
	}
	group->times[group->n++] = (uint64_t)llround(ps);
	parser->samples++;
	return 0;
}

static int add_aggregate(struct parser *parser, struct group *group,
			 const json_t *row)
{
	const char *name = get_text(row, "aggregate_name");
	const char *unit = get_text(row, "aggregate_unit");
	double ps;

	if (!name || !*name || strlen(name) > LIMIT_NAME_BYTES)
		return refuse(parser, "aggregate_name",
			      "must be a string of 1 to 100 bytes");
	if (!strcmp(name, "BigO") || !strcmp(name, "RMS"))
		return 0;
	if (json_object_size(group->aggregates) == MAX_AGGREGATES)
		return refuse(parser, "aggregate_name",
			      "more than 32 aggregates of one benchmark");
	if (unit && !strcmp(unit, "percentage")) {
		const json_t *ratio = json_object_get(row, "real_time");

		if (!json_is_number(ratio))
			return refuse(parser, "real_time",
				      "missing, but must be a number");
		json_object_set_new(group->aggregates, name,
				    json_real(json_number_value(ratio)));
		return 0;
	}
	if (parse_time(parser, row, &ps))
		return -1;
	json_object_set_new(group->aggregates, name, json_real(ps / 1000));
	return 0;
}

static int parse_row(struct parser *parser, json_t *row)
{
	const char *type = get_text(row, "run_type");
	struct group *group;
	double ps;

	if (!json_is_object(row))
		return refuse(parser, "", "must be an object");
	if (type && strcmp(type, "iteration") && strcmp(type, "aggregate"))
		return refuse(parser, "run_type",
			      "not one of: iteration, aggregate");
	group = find_group(parser, row);
	if (!group)
		return -1;
	if (type ? !strcmp(type, "aggregate")
		 : !!json_object_get(row, "aggregate_name"))
		return add_aggregate(parser, group, row);
	if (json_is_true(json_object_get(row, "error_occurred"))) {
		const char *message = get_text(row, "error_message");

		group->error = message ? message : "";
		return 0;
	}
	return parse_time(parser, row, &ps) ? -1 : add_time(parser, group, ps);
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

static json_t *render_group(struct group *group, struct parser *parser)
{
	json_t *json = json_pack("{s:s, s:O}", "workload", group->workload,
				 "parameters", group->parameters);
	struct phyr_stats stats;

	if (group->n) {
		json_object_set_new(json, "unit",
				    json_string(choose_unit(group)));
		if (phyr_stats_compute(group->times, group->n, &stats)) {
			json_decref(json);
			problem_set(parser->problem,
				    MHD_HTTP_SERVICE_UNAVAILABLE,
				    "Out of memory");
			return NULL;
		}
		json_object_set_new(json, "stats", render_stats(&stats));
	} else if (group->error) {
		json_object_set_new(json, "error", render_error(group->error));
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

static int take_results(struct parser *parser, struct gbench *gbench)
{
	gbench->results = calloc(parser->n, sizeof(*gbench->results));
	if (!gbench->results)
		return problem_set(parser->problem,
				   MHD_HTTP_SERVICE_UNAVAILABLE,
				   "Out of memory");
	for (size_t i = 0; i < parser->n; i++) {
		struct archive_result *result = &gbench->results[i];
		struct group *group = &parser->groups[i];
		json_t *json = render_group(group, parser);

		if (!json)
			return -1;
		gbench->n++;
		result->samples = group->times;
		result->n = group->n;
		group->times = NULL;
		text_add_json(&result->document, json);
		if (result->document.failed)
			return problem_set(parser->problem,
					   MHD_HTTP_SERVICE_UNAVAILABLE,
					   "Out of memory");
	}
	return 0;
}

static int parse_benchmarks(struct parser *parser, json_t *rows,
			    struct gbench *gbench)
{
	if (!json_is_array(rows))
		return problem_set_field(parser->problem, "benchmarks",
					 "must be an array");
	if (!json_array_size(rows))
		return problem_set_field(parser->problem, "benchmarks",
					 "empty, but a run needs a result");
	for (; parser->row < json_array_size(rows); parser->row++) {
		if (parse_row(parser, json_array_get(rows, parser->row)))
			return -1;
	}
	return take_results(parser, gbench);
}

static int parse_context(const json_t *context, struct gbench *gbench,
			 struct problem *problem)
{
	const char *kernel = get_text(context, "kernel");
	const char *clock = get_text(context, "clock");

	if (!json_is_object(context))
		return problem_set_field(problem, "context",
					 "must be an object");
	if (!kernel)
		kernel = get_text(context, "host_name");
	if (kernel && strlen(kernel) >= sizeof(gbench->kernel))
		return problem_set_field(problem, "context.kernel",
					 "more than %zu bytes",
					 sizeof(gbench->kernel) - 1);
	if (clock && strlen(clock) >= sizeof(gbench->clock))
		return problem_set_field(problem, "context.clock",
					 "more than %zu bytes",
					 sizeof(gbench->clock) - 1);
	strcpy(gbench->kernel, kernel ? kernel : "unknown");
	strcpy(gbench->clock, clock ? clock : "native");
	gbench->context = json_dumps(context, JSON_COMPACT);
	return gbench->context
		       ? 0
		       : problem_set(problem, MHD_HTTP_SERVICE_UNAVAILABLE,
				     "Out of memory");
}

static int parse_document(json_t *json, struct gbench *gbench,
			  struct problem *problem)
{
	struct parser *parser;
	int ret;

	if (!json_is_object(json))
		return problem_set(problem, MHD_HTTP_UNPROCESSABLE_CONTENT,
				   "The body must be an object");
	if (parse_context(json_object_get(json, "context"), gbench, problem))
		return -1;
	parser = calloc(1, sizeof(*parser));
	if (!parser)
		return problem_set(problem, MHD_HTTP_SERVICE_UNAVAILABLE,
				   "Out of memory");
	parser->problem = problem;
	parser->index = json_object();
	ret = parse_benchmarks(parser, json_object_get(json, "benchmarks"),
			       gbench);
	for (size_t i = 0; i < parser->n; i++) {
		json_decref(parser->groups[i].parameters);
		json_decref(parser->groups[i].aggregates);
		free(parser->groups[i].times);
	}
	json_decref(parser->index);
	free(parser);
	return ret;
}

int gbench_parse(const char *body, size_t len, struct gbench *gbench,
		 struct problem *problem)
{
	json_t *json = body_parse(body, len, problem);
	int ret;

	*gbench = (struct gbench){ 0 };
	if (!json)
		return -1;
	ret = parse_document(json, gbench, problem);
	json_decref(json);
	if (ret)
		gbench_clear(gbench);
	return ret;
}

void gbench_clear(struct gbench *gbench)
{
	for (size_t i = 0; i < gbench->n; i++) {
		text_clear(&gbench->results[i].document);
		free((void *)gbench->results[i].samples);
	}
	free(gbench->results);
	free(gbench->context);
	*gbench = (struct gbench){ 0 };
}
