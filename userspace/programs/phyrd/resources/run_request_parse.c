// SPDX-License-Identifier: GPL-2.0-only
/* Reads a run request, the body of POST /api/v1/runs. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <jansson.h>
#include <microhttpd.h>

#include "body.h"
#include "run_request_parse.h"

/* Room for "workloads[255].workload" and a key that is quoted back, cut. */
#define FIELD_ROOM 100

static int refuse_other_keys(json_t *object, const char *prefix,
			     const char *const *known, struct problem *problem)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		const char *const *name = known;
		char field[FIELD_ROOM];

		while (*name && strcmp(*name, key))
			name++;
		if (*name)
			continue;
		snprintf(field, sizeof(field), "%s%s", prefix, key);
		return problem_set_field(problem, field, "unknown field");
	}
	return 0;
}

static int parse_name(const json_t *json, struct run_request *request,
		      struct problem *problem)
{
	char what[32];

	request->name[0] = '\0';
	if (!json)
		return 0;
	if (!json_is_string(json))
		return problem_set_field(problem, "name",
					 "%s, but must be a string",
					 body_type_name(json));
	if (json_string_length(json) > LIMIT_NAME_BYTES) {
		snprintf(what, sizeof(what), "%zu bytes",
			 json_string_length(json));
		return problem_set_limit(problem,
					 MHD_HTTP_UNPROCESSABLE_CONTENT, "name",
					 what, LIMIT_NAME_BYTES);
	}
	strcpy(request->name, json_string_value(json));
	return 0;
}

static int parse_count(const json_t *json, const char *field,
		       unsigned int fallback, unsigned int min,
		       unsigned int max, unsigned int *count,
		       struct problem *problem)
{
	json_int_t value;
	char what[32];

	if (!json) {
		*count = fallback;
		return 0;
	}
	if (!json_is_integer(json))
		return problem_set_field(problem, field,
					 "%s, but must be an integer",
					 body_type_name(json));
	value = json_integer_value(json);
	if (value < min)
		return problem_set_field(problem, field,
					 "%lld, but must be at least %u",
					 (long long)value, min);
	if (value > max) {
		snprintf(what, sizeof(what), "%lld", (long long)value);
		return problem_set_limit(problem,
					 MHD_HTTP_UNPROCESSABLE_CONTENT, field,
					 what, max);
	}
	*count = (unsigned int)value;
	return 0;
}

/* Families that use no device must not be given one: it would be ignored. */
static int parse_device(const json_t *json, const char *field,
			struct phyr_run_item *item, struct problem *problem)
{
	const struct phyr_device_kind *kind = item->workload.family->device;
	struct phyr_error error;

	item->device[0] = '\0';
	if (!json)
		return 0;
	if (!json_is_string(json))
		return problem_set_field(problem, field,
					 "%s, but must be a string",
					 body_type_name(json));
	if (!kind)
		return problem_set_field(problem, field,
					 "%s workloads use no device",
					 item->workload.family->name);
	if (kind->check(json_string_value(json), &error))
		return problem_set_field(problem, field, "%s", error.message);
	snprintf(item->device, sizeof(item->device), "%s",
		 json_string_value(json));
	return 0;
}

static int parse_workload(json_t *json, size_t index,
			  struct phyr_run_item *item, struct problem *problem)
{
	static const char *const known[] = { "workload", "samples", "warmup",
					     "device", NULL };
	char prefix[FIELD_ROOM / 2], field[FIELD_ROOM];
	struct phyr_error error;
	const json_t *name;

	snprintf(field, sizeof(field), "workloads[%zu]", index);
	if (!json_is_object(json))
		return problem_set_field(problem, field,
					 "%s, but must be an object",
					 body_type_name(json));
	snprintf(prefix, sizeof(prefix), "workloads[%zu].", index);
	if (refuse_other_keys(json, prefix, known, problem))
		return -1;

	snprintf(field, sizeof(field), "%sworkload", prefix);
	name = json_object_get(json, "workload");
	if (!json_is_string(name))
		return problem_set_field(problem, field,
					 "%s, but must be a string",
					 body_type_name(name));
	if (phyr_workload_parse(json_string_value(name), &item->workload,
				&error))
		return problem_set_field(problem, field, "%s", error.message);

	snprintf(field, sizeof(field), "%sdevice", prefix);
	if (parse_device(json_object_get(json, "device"), field, item, problem))
		return -1;
	snprintf(field, sizeof(field), "%ssamples", prefix);
	if (parse_count(json_object_get(json, "samples"), field,
			DEFAULT_SAMPLES, 1, LIMIT_SAMPLES, &item->samples,
			problem))
		return -1;
	snprintf(field, sizeof(field), "%swarmup", prefix);
	return parse_count(json_object_get(json, "warmup"), field,
			   DEFAULT_WARMUP, 0, LIMIT_WARMUP, &item->warmup,
			   problem);
}

static int parse_workloads(json_t *json, struct run_request *request,
			   struct problem *problem)
{
	size_t samples = 0;
	char what[64];

	if (!json_is_array(json))
		return problem_set_field(problem, "workloads",
					 "%s, but must be an array",
					 body_type_name(json));
	request->n = json_array_size(json);
	if (!request->n)
		return problem_set_field(problem, "workloads",
					 "empty, but a run needs a workload");
	if (request->n > LIMIT_WORKLOADS) {
		snprintf(what, sizeof(what), "%zu workloads", request->n);
		return problem_set_limit(problem,
					 MHD_HTTP_UNPROCESSABLE_CONTENT,
					 "workloads", what, LIMIT_WORKLOADS);
	}

	for (size_t i = 0; i < request->n; i++) {
		if (parse_workload(json_array_get(json, i), i,
				   &request->workloads[i], problem))
			return -1;
		samples += request->workloads[i].samples;
	}
	if (samples > LIMIT_RUN_SAMPLES) {
		snprintf(what, sizeof(what), "%zu samples in all", samples);
		return problem_set_limit(problem,
					 MHD_HTTP_UNPROCESSABLE_CONTENT,
					 "workloads", what, LIMIT_RUN_SAMPLES);
	}
	return 0;
}

static int parse_object(json_t *json, struct run_request *request,
			struct problem *problem)
{
	static const char *const known[] = { "name", "workloads", NULL };

	if (!json_is_object(json))
		return problem_set(problem, MHD_HTTP_UNPROCESSABLE_CONTENT,
				   "The body is %s, but must be an object",
				   body_type_name(json));
	if (refuse_other_keys(json, "", known, problem) ||
	    parse_name(json_object_get(json, "name"), request, problem))
		return -1;
	return parse_workloads(json_object_get(json, "workloads"), request,
			       problem);
}

int run_request_parse(const char *body, size_t len, struct run_request *request,
		      struct problem *problem)
{
	/* Two bytes may become a value of 300: one body at a time is enough. */
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int ret = -1;
	json_t *json;

	pthread_mutex_lock(&lock);
	json = body_parse(body, len, problem);
	if (json)
		ret = parse_object(json, request, problem);
	json_decref(json);
	pthread_mutex_unlock(&lock);
	return ret;
}
