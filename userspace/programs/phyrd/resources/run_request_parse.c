// SPDX-License-Identifier: GPL-2.0-only
/* Reads a run request, the body of POST /api/v1/runs. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include <microhttpd.h>

#include "body.h"
#include "comments.h"
#include "run_request_parse.h"
#include "run_words.h"

/* Room for "workloads[255].workload". */
#define FIELD_ROOM 100

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

/*
 * What holds for workloads that say nothing else. A device is for those that use
 * one.
 */
struct defaults {
	unsigned int samples;
	unsigned int warmup;
	const json_t *device;
};

/* Whether the run's own device is one of those that the family is measured with */
static bool uses_default(const struct phyr_family *family, const json_t *device)
{
	return device && family->device &&
	       family->device->by_path == (json_string_value(device)[0] == '/');
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

/* @json: an object, or its member "workload" alone */
static int parse_workload(json_t *json, size_t index,
			  const struct defaults *defaults,
			  struct phyr_run_item *item, struct problem *problem)
{
	static const char *const known[] = { "workload", "samples", "warmup",
					     "device", NULL };
	char prefix[FIELD_ROOM / 2], field[FIELD_ROOM];
	struct phyr_error error;
	const json_t *name, *device;

	snprintf(field, sizeof(field), "workloads[%zu]", index);
	if (!json_is_object(json) && !json_is_string(json))
		return problem_set_field(
			problem, field, "%s, but must be an object or a string",
			body_type_name(json));
	snprintf(prefix, sizeof(prefix), "workloads[%zu].", index);
	if (json_is_object(json) &&
	    run_words_refuse_others(json, prefix, known, problem))
		return -1;

	name = json;
	if (json_is_object(json)) {
		snprintf(field, sizeof(field), "%sworkload", prefix);
		name = json_object_get(json, "workload");
	}
	if (!json_is_string(name))
		return problem_set_field(problem, field,
					 "%s, but must be a string",
					 body_type_name(name));
	if (phyr_workload_parse(json_string_value(name), &item->workload,
				&error))
		return problem_set_field(problem, field, "%s", error.message);

	snprintf(field, sizeof(field), "%sdevice", prefix);
	device = json_object_get(json, "device");
	if (!device && uses_default(item->workload.family, defaults->device)) {
		device = defaults->device;
		snprintf(field, sizeof(field), "device");
	}
	if (parse_device(device, field, item, problem))
		return -1;
	snprintf(field, sizeof(field), "%ssamples", prefix);
	if (parse_count(json_object_get(json, "samples"), field,
			defaults->samples, 1, LIMIT_SAMPLES, &item->samples,
			problem))
		return -1;
	snprintf(field, sizeof(field), "%swarmup", prefix);
	return parse_count(json_object_get(json, "warmup"), field,
			   defaults->warmup, 0, LIMIT_WARMUP, &item->warmup,
			   problem);
}

static int parse_workloads(json_t *json, const struct defaults *defaults,
			   struct run_request *request, struct problem *problem)
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
		if (parse_workload(json_array_get(json, i), i, defaults,
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

static int parse_defaults(const json_t *json, struct defaults *defaults,
			  struct problem *problem)
{
	defaults->device = json_object_get(json, "device");
	if (defaults->device && !json_is_string(defaults->device))
		return problem_set_field(problem, "device",
					 "%s, but must be a string",
					 body_type_name(defaults->device));
	if (parse_count(json_object_get(json, "samples"), "samples",
			DEFAULT_SAMPLES, 1, LIMIT_SAMPLES, &defaults->samples,
			problem))
		return -1;
	return parse_count(json_object_get(json, "warmup"), "warmup",
			   DEFAULT_WARMUP, 0, LIMIT_WARMUP, &defaults->warmup,
			   problem);
}

static int parse_object(json_t *json, struct run_request *request,
			struct problem *problem)
{
	static const char *const known[] = { "name",	  "tags",   "notes",
					     "samples",	  "warmup", "device",
					     "workloads", NULL };
	struct defaults defaults;

	if (!json_is_object(json))
		return problem_set(problem, MHD_HTTP_UNPROCESSABLE_CONTENT,
				   "The body is %s, but must be an object",
				   body_type_name(json));
	request->name[0] = request->tags[0] = request->notes[0] = '\0';
	if (run_words_refuse_others(json, "", known, problem) ||
	    run_words_name(json, request->name, problem) ||
	    run_words_tags(json, request->tags, problem) ||
	    run_words_notes(json, request->notes, problem) ||
	    parse_defaults(json, &defaults, problem))
		return -1;
	return parse_workloads(json_object_get(json, "workloads"), &defaults,
			       request, problem);
}

static int parse(char *text, size_t len, struct run_request *request,
		 struct problem *problem)
{
	int ret = -1;
	json_t *json;

	comments_blank(text, len);
	json = body_parse(text, len, problem);
	if (json)
		ret = parse_object(json, request, problem);
	json_decref(json);
	return ret;
}

int run_request_parse(const char *body, size_t len, struct run_request *request,
		      struct problem *problem)
{
	/* Two bytes may become a value of 300: one body at a time is enough. */
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int ret = -1;
	char *text;

	pthread_mutex_lock(&lock);
	text = malloc(len + 1);
	if (text) {
		memcpy(text, body ? body : "", len);
		ret = parse(text, len, request, problem);
	} else {
		problem_set(problem, MHD_HTTP_SERVICE_UNAVAILABLE,
			    "Out of memory");
	}
	free(text);
	pthread_mutex_unlock(&lock);
	return ret;
}
