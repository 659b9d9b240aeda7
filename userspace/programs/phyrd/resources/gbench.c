// SPDX-License-Identifier: GPL-2.0-only
/* Reads a document of Google Benchmark without holding more than a row of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <microhttpd.h>

#include "body.h"
#include "gbench.h"
#include "limits.h"
#include "row.h"
#include "rows.h"
#include "run_words.h"

static const char *get_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* No number that JSON knows, but written by one version of the format or another. */
static bool skip_not_finite(struct body *body)
{
	static const char *const words[] = { "NaN",	 "-NaN",     "nan",
					     "-nan",	 "inf",	     "-inf",
					     "Infinity", "-Infinity" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (body_skip_word(body, words[i]))
			return true;
	}
	return false;
}

/*
 * User counters may have any name, that of another member too; the format's own
 * come first.
 */
static int take_member(struct body *body, json_t *object, json_t *dropped)
{
	json_t *key = body_take(body), *value;
	const char *name = json_string_value(key);
	int ret = 0;

	if (!key)
		return -1;
	if (!name || !body_skip(body, ':')) {
		ret = body_refuse(body, "a name and ':' expected");
	} else if (skip_not_finite(body)) {
		row_drop(dropped, name, "not a finite number");
	} else if (!(value = body_take(body))) {
		ret = -1;
	} else if (json_object_get(object, name)) {
		json_decref(value);
		row_drop(dropped, name, "there already");
	} else {
		json_object_set_new(object, name, value);
	}
	json_decref(key);
	return ret;
}

static int take_members(struct body *body, json_t *object, json_t *dropped)
{
	size_t begin = body->at - 1;
	bool closed = body_skip(body, '}');

	while (!closed) {
		if (take_member(body, object, dropped))
			return -1;
		closed = !body_skip(body, ',');
		if (closed && !body_skip(body, '}'))
			return body_refuse(body, "',' or '}' expected");
		if (body->at - begin > LIMIT_PART_BYTES)
			return problem_set_limit(body->problem,
						 MHD_HTTP_CONTENT_TOO_LARGE,
						 "body",
						 "longer row or context",
						 LIMIT_PART_BYTES);
	}
	return 0;
}

/*
 * A value that may be an object with members that JSON does not allow, which are
 * left out.
 */
static json_t *take_object(struct body *body, json_t *dropped)
{
	json_t *object;

	if (!body_skip(body, '{'))
		return body_take(body);
	object = json_object();
	if (!take_members(body, object, dropped))
		return object;
	json_decref(object);
	return NULL;
}

/* A row is forgotten before the next one is read. */
static int parse_rows(struct rows *rows, struct body *body)
{
	if (body_skip(body, ']'))
		return problem_set_field(body->problem, "benchmarks",
					 "empty, but a run needs a result");
	do {
		json_t *dropped = json_array();
		json_t *row = take_object(body, dropped);
		int ret = row ? rows_add(rows, row, dropped) : -1;

		json_decref(row);
		json_decref(dropped);
		if (ret)
			return ret;
	} while (body_skip(body, ','));
	return body_skip(body, ']') ? 0
				    : body_refuse(body, "',' or ']' expected");
}

/*
 * What people said about a run that phyrd has exported. Members that a later
 * phyrd has are not known here.
 */
static int take_words(json_t *context, struct gbench *gbench,
		      struct problem *problem)
{
	const json_t *words = json_object_get(context, GBENCH_WORDS);
	char field[sizeof(problem->field)];

	/* Whoever else has such a member has a string. */
	if (!json_is_object(words))
		return 0;
	gbench->named = json_object_get(words, "name");
	if (run_words_name(words, gbench->name, problem) ||
	    run_words_tags(words, gbench->tags, problem) ||
	    run_words_notes(words, gbench->notes, problem)) {
		snprintf(field, sizeof(field), "context." GBENCH_WORDS ".%.40s",
			 problem->field);
		strcpy(problem->field, field);
		return -1;
	}
	json_object_del(context, GBENCH_WORDS);
	return 0;
}

static int parse_context(json_t *context, struct gbench *gbench,
			 struct problem *problem)
{
	const char *member = get_text(context, "kernel") ? "kernel"
							 : "host_name";
	const char *kernel = get_text(context, member);
	const char *clock = get_text(context, "clock");
	char field[32];

	if (!json_is_object(context))
		return problem_set_field(problem, "context",
					 "must be an object");
	snprintf(field, sizeof(field), "context.%s", member);
	if (kernel && strlen(kernel) >= sizeof(gbench->kernel))
		return problem_set_field(problem, field, "more than %zu bytes",
					 sizeof(gbench->kernel) - 1);
	if (clock && strlen(clock) >= sizeof(gbench->clock))
		return problem_set_field(problem, "context.clock",
					 "more than %zu bytes",
					 sizeof(gbench->clock) - 1);
	if (clock && !*clock)
		return problem_set_field(
			problem, "context.clock",
			"empty, but it is the name of a clock");
	strcpy(gbench->kernel, kernel ? kernel : "unknown");
	strcpy(gbench->clock, clock ? clock : "native");
	gbench->phyr_bench = get_text(context, "phyr_bench");
	if (take_words(context, gbench, problem))
		return -1;
	gbench->context = json_dumps(context, JSON_COMPACT);
	return gbench->context
		       ? 0
		       : problem_set(problem, MHD_HTTP_SERVICE_UNAVAILABLE,
				     "Out of memory");
}

static json_t *take_context(struct body *body)
{
	json_t *dropped = json_array();
	json_t *context = take_object(body, dropped);

	json_decref(dropped);
	return context;
}

static int parse_member(struct rows *rows, struct body *body,
			struct gbench *gbench)
{
	json_t *name = body_take(body);
	const char *text = json_string_value(name);
	bool is_name = text, is_context = text && !strcmp(text, "context");
	bool is_rows = text && !strcmp(text, "benchmarks");
	json_t *value;
	int ret = 0;

	json_decref(name);
	if (!name)
		return -1;
	if (!is_name || !body_skip(body, ':'))
		return body_refuse(body, "a name and ':' expected");
	if ((is_context && gbench->context) || (is_rows && rows_count(rows)))
		return body_refuse(body, "duplicate object key");
	if (is_rows && body_skip(body, '['))
		return parse_rows(rows, body);
	value = is_context ? take_context(body) : body_take(body);
	if (!value)
		return -1;
	if (is_context)
		ret = parse_context(value, gbench, body->problem);
	if (is_rows)
		ret = problem_set_field(body->problem, "benchmarks",
					"must be an array");
	json_decref(value);
	return ret;
}

static int parse_document(struct rows *rows, struct body *body,
			  struct gbench *gbench)
{
	bool is_object = body_skip(body, '{');

	if (!is_object) {
		json_t *json = body_take(body);

		json_decref(json);
		if (!json)
			return -1;
	} else if (!body_skip(body, '}')) {
		do {
			if (parse_member(rows, body, gbench))
				return -1;
		} while (body_skip(body, ','));
		if (!body_skip(body, '}'))
			return body_refuse(body, "',' or '}' expected");
	}
	if (!body_is_at_end(body))
		return body_refuse(body, "end expected");
	if (!is_object)
		return problem_set(body->problem,
				   MHD_HTTP_UNPROCESSABLE_CONTENT,
				   "The body must be an object");
	if (!gbench->context)
		return problem_set_field(body->problem, "context",
					 "must be an object");
	if (!rows_count(rows))
		return problem_set_field(body->problem, "benchmarks",
					 "must be an array");
	return rows_render(rows, gbench);
}

int gbench_parse(const char *text, size_t len, struct gbench *gbench,
		 struct problem *problem)
{
	struct body body = { .text = text, .len = len, .problem = problem };
	struct rows *rows = rows_create(problem);
	int ret;

	*gbench = (struct gbench){ 0 };
	if (!rows)
		return problem_set(problem, MHD_HTTP_SERVICE_UNAVAILABLE,
				   "Out of memory");
	ret = body_check_encoding(&body);
	if (!ret)
		ret = parse_document(rows, &body, gbench);
	rows_destroy(rows);
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
