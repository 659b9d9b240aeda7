// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads what ./phyr compare (phyr-comparison/1) and ./phyr bench (phyr-compare/2
 * and /3) write, a row at a time. Each figure becomes a row as Google Benchmark
 * has them, so that the same rules hold for all that is imported.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <microhttpd.h>

#include "comparison.h"
#include "comparison_reader.h"
#include "limits.h"
#include "rows.h"
#include "two_runs.h"

/* A member of a row, and what it is: of a form, results of head have it in their names. */
static const struct label {
	const char *name;
	int side;
	bool is_form;
} labels[] = {
	{ "base", BASE, false }, { "stock", BASE, false },
	{ "pages", HEAD, true }, { "sg", HEAD, true },
	{ "phyrs", HEAD, true }, { "head", HEAD, false },
	{ "phyr", HEAD, false },
};

#define LABELS (sizeof(labels) / sizeof(labels[0]))

static const char *get_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* "gup/pin/thp/2MiB" measured with "phyrs" is "gup/phyrs/pin/thp/2MiB". */
static json_t *name_result(const char *row, const struct label *label)
{
	const char *slash = strchr(row, '/');

	if (!label->is_form || !slash)
		return json_string(row);
	return json_sprintf("%.*s/%s%s", (int)(slash - row), row, label->name,
			    slash);
}

static int add(struct comparison *comparison, int side, json_t *row)
{
	json_t *dropped = json_array();
	int ret = rows_add(comparison->rows[side], row, dropped);

	json_decref(dropped);
	json_decref(row);
	return ret;
}

static int add_failure(struct comparison *comparison, int side, json_t *name,
		       const char *why)
{
	return add(comparison, side,
		   json_pack("{s:o, s:s, s:b, s:s}", "run_name", name,
			     "run_type", "iteration", "error_occurred", 1,
			     "error_message", why));
}

/* What makes it this comparison and no other: it stands before the rows. */
static json_t *identify(const struct comparison *comparison)
{
	const char *date = get_text(comparison->whole, "date");

	if (!*date)
		return NULL;
	return json_sprintf("%.40s %.16s %.16s", date,
			    get_text(comparison->about[BASE], "digest"),
			    get_text(comparison->about[HEAD], "digest"));
}

/* What is known of a figure besides: texts and numbers, for the first of its rows. */
static json_t *describe(const struct comparison *comparison, const json_t *row,
			const struct label *label, const json_t *figure)
{
	json_t *verdict = json_object_get(row, "verdict");
	const json_t *memory = json_object_get(figure, "memory");
	json_t *parameters = json_object(), *value;
	const char *name;
	char key[64];

	json_object_set(parameters, "samples", json_object_get(figure, "n"));
	json_object_set(parameters, "boots", json_object_get(figure, "boots"));
	json_object_set(parameters, "inexact", json_object_get(row, "inexact"));
	if (comparison->id && !label->is_form)
		json_object_set(parameters, COMPARISON_ID, comparison->id);
	if (label->side == HEAD && json_is_string(verdict))
		json_object_set(parameters, COMPARISON_VERDICT, verdict);
	json_object_foreach((json_t *)memory, name, value)
	{
		snprintf(key, sizeof(key), "memory_%.40s", name);
		json_object_set(parameters, key, value);
	}
	return parameters;
}

static int add_figures(struct comparison *comparison, const json_t *row,
		       const struct label *label, const json_t *figure,
		       json_t *name)
{
	static const char *const names[][2] = { { "median", "median" },
						{ "min", "min" },
						{ "max", "max" },
						{ "sd", "stddev" } };
	json_t *parameters = describe(comparison, row, label, figure);
	int ret = 0;

	for (size_t i = 0; i < 4 && !ret; i++) {
		json_t *time = json_object_get(figure, names[i][0]);
		json_t *one;

		if (!time)
			continue;
		if (!json_is_number(time) || json_number_value(time) < 0) {
			ret = comparison_refuse(comparison, label->name,
						"has a figure that is no time");
			break;
		}
		one = json_pack("{s:O, s:s, s:s, s:O, s:s}", "run_name", name,
				"run_type", "aggregate", "aggregate_name",
				names[i][1], "real_time", time, "time_unit",
				"ns");
		json_object_update_missing(one, parameters);
		ret = add(comparison, label->side, one);
	}
	json_decref(parameters);
	json_decref(name);
	return ret;
}

static int take_side(struct comparison *comparison, const json_t *row,
		     const struct label *label, const json_t *figure)
{
	json_t *name;

	if (!json_is_object(figure))
		return comparison_refuse(comparison, label->name,
					 "must be an object");
	name = name_result(get_text(row, "name"), label);
	if (!comparison_is_first(comparison,
				 label->side == BASE ? "base" : "head",
				 json_string_value(name))) {
		json_decref(name);
		return comparison_refuse(
			comparison, label->name,
			"a figure of that name is there already");
	}
	if (json_object_get(figure, "median"))
		return add_figures(comparison, row, label, figure, name);
	if (*get_text(figure, "error"))
		return add_failure(comparison, label->side, name,
				   get_text(figure, "error"));
	json_array_append_new(comparison->without[label->side], name);
	return 0;
}

static int check_row(struct comparison *comparison, const json_t *row)
{
	const json_t *verdict = json_object_get(row, "verdict");
	const char *name = get_text(row, "name");

	if (comparison->number == LIMIT_WORKLOADS)
		return comparison_refuse_limit(comparison, "", "more rows",
					       LIMIT_WORKLOADS);
	if (!json_is_object(row))
		return comparison_refuse(comparison, "", "must be an object");
	if (!*name)
		return comparison_refuse(comparison, "name", "must be a name");
	if (strlen(name) > LIMIT_WORKLOAD_BYTES)
		return comparison_refuse_limit(comparison, "name", "more bytes",
					       LIMIT_WORKLOAD_BYTES);
	if (!comparison_is_first(comparison, "row", name))
		return comparison_refuse(comparison, "name", "there already");
	if (verdict && !json_is_null(verdict) &&
	    !two_runs_is_verdict(get_text(row, "verdict")))
		return comparison_refuse(
			comparison, "verdict",
			"not one of: better, worse, no difference, too few samples, not exact");
	return 0;
}

static int take_row(struct comparison *comparison, const json_t *row)
{
	int ret = check_row(comparison, row);

	if (ret)
		return ret;
	if (!comparison->id)
		comparison->id = identify(comparison);
	for (size_t i = 0; i < LABELS && !ret; i++) {
		const json_t *figure = json_object_get(row, labels[i].name);

		if (figure)
			ret = take_side(comparison, row, &labels[i], figure);
	}
	return ret;
}

/* {name, side: "base", "head" or "base and head", reason} */
static int take_missing(struct comparison *comparison, const json_t *missing)
{
	static const char *const sides[] = { "base", "head" };
	const char *side = get_text(missing, "side");
	const char *name = get_text(missing, "name");
	int ret = 0;

	if (!*name)
		return comparison_refuse(comparison, "name", "must be a name");
	for (int i = 0; i < SIDES && !ret; i++) {
		if (strstr(side, sides[i]))
			ret = add_failure(comparison, i, json_string(name),
					  get_text(missing, "reason"));
	}
	return ret;
}

/* Elements are forgotten one by one: a list may be longer than a part may be. */
static int take_list(struct comparison *comparison, const char *name)
{
	static const char *const lists[] = { "rows", "not_measured" };
	struct body *body = &comparison->body;
	int ret = 0;

	if (body_skip(body, ']'))
		return 0;
	for (int i = 0; i < 2; i++) {
		if (!strcmp(name, lists[i]))
			comparison->list = lists[i];
	}
	comparison->number = 0;
	do {
		json_t *one = body_take(body);

		if (!one)
			return -1;
		if (!strcmp(name, "rows"))
			ret = take_row(comparison, one);
		else if (!strcmp(name, "not_measured"))
			ret = take_missing(comparison, one);
		json_decref(one);
		if (ret)
			return ret;
		comparison->number++;
	} while (body_skip(body, ','));
	comparison->list = NULL;
	return body_skip(body, ']') ? 0
				    : body_refuse(body, "',' or ']' expected");
}

/* What a side is, of the text that it was named by on. */
static void take_about(struct comparison *comparison, const char *name,
		       const json_t *value)
{
	static const char *const kernels[] = { "stock", "phyr" };

	for (int i = 0; i < SIDES; i++) {
		json_t *release = json_object_get(value, kernels[i]);

		if (!strcmp(name, i == BASE ? "base" : "head"))
			json_object_update(comparison->about[i],
					   (json_t *)value);
		if (!strcmp(name, "kernels") && json_is_string(release)) {
			json_object_set(comparison->about[i], "release",
					release);
			json_object_set_new(comparison->about[i], "name",
					    json_string(kernels[i]));
		}
	}
	if (json_is_string(value))
		json_object_set(comparison->whole, name, (json_t *)value);
}

static int take_member(struct comparison *comparison)
{
	struct body *body = &comparison->body;
	json_t *key = body_take(body), *value = NULL;
	const char *name = json_string_value(key);
	int ret = 0;

	if (!key)
		return -1;
	if (!name || !body_skip(body, ':')) {
		ret = body_refuse(body, "a name and ':' expected");
	} else if (comparison_check_member(comparison, name, NULL)) {
		ret = -1;
	} else if (body_skip(body, '[')) {
		ret = take_list(comparison, name);
	} else {
		value = body_take(body);
		if (!value || comparison_check_member(comparison, name, value))
			ret = -1;
		else
			take_about(comparison, name, value);
	}
	json_decref(value);
	json_decref(key);
	return ret;
}

/* A text of a side, or of the whole, that has to fit. */
static int copy(struct comparison *comparison, const json_t *from,
		const char *name, char *to, size_t size)
{
	const char *text = get_text(from, name);

	if (!*text)
		return problem_set_field(comparison->body.problem, name,
					 "must be a text that is not empty");
	if (strlen(text) >= size)
		return problem_set_field(comparison->body.problem, name,
					 "more than %zu bytes", size - 1);
	strcpy(to, text);
	return 0;
}

static int finish_side(struct comparison *comparison, int i,
		       struct gbench *side)
{
	const char *name;
	json_t *context;

	if (!rows_count(comparison->rows[i]))
		return 0;
	if (copy(comparison, comparison->about[i], "release", side->kernel,
		 sizeof(side->kernel)) ||
	    copy(comparison, comparison->whole, "clock", side->clock,
		 sizeof(side->clock)))
		return -1;
	/* It may be a path of any length. */
	name = get_text(comparison->about[i], "name");
	strcpy(side->name,
	       strlen(name) < sizeof(side->name) ? name : side->kernel);
	context = json_copy(comparison->whole);
	json_object_update_missing(context, comparison->about[i]);
	json_object_set_new(context, "kernel", json_string(side->kernel));
	if (comparison->id)
		json_object_set(context, COMPARISON_ID, comparison->id);
	if (json_array_size(comparison->without[i]))
		json_object_set(context, "without_figure",
				comparison->without[i]);
	side->context = json_dumps(context, JSON_COMPACT);
	json_decref(context);
	if (!side->context)
		return problem_set(comparison->body.problem,
				   MHD_HTTP_SERVICE_UNAVAILABLE,
				   "Out of memory");
	if (strlen(side->context) > LIMIT_PART_BYTES)
		return problem_set_limit(comparison->body.problem,
					 MHD_HTTP_CONTENT_TOO_LARGE,
					 i == BASE ? "base" : "head",
					 "longer context", LIMIT_PART_BYTES);
	side->named = true;
	return rows_render(comparison->rows[i], side);
}

static int parse(struct comparison *comparison, struct gbench sides[SIDES])
{
	struct body *body = &comparison->body;
	int ret = 0;

	if (!body_skip(body, '{'))
		return body_refuse(body, "'{' expected");
	do {
		ret = take_member(comparison);
	} while (!ret && body_skip(body, ','));
	if (ret)
		return ret;
	if (!body_skip(body, '}') || !body_is_at_end(body))
		return body_refuse(body, "end expected");
	if (!rows_count(comparison->rows[BASE]) &&
	    !rows_count(comparison->rows[HEAD]))
		return problem_set_field(body->problem, "rows",
					 "no figure in any of them");
	for (int i = 0; i < SIDES && !ret; i++)
		ret = finish_side(comparison, i, &sides[i]);
	return ret;
}

int comparison_parse(const char *text, size_t len, struct gbench sides[SIDES],
		     struct problem *problem)
{
	struct comparison comparison = {
		.body = { .text = text, .len = len, .problem = problem },
		.whole = json_object(),
		.seen = json_object(),
	};
	int ret = 0;

	for (int i = 0; i < SIDES; i++) {
		sides[i] = (struct gbench){ 0 };
		comparison.about[i] = json_object();
		comparison.without[i] = json_array();
		comparison.rows[i] = rows_create(problem);
		if (!comparison.rows[i])
			ret = problem_set(problem, MHD_HTTP_SERVICE_UNAVAILABLE,
					  "Out of memory");
	}
	if (!ret)
		ret = parse(&comparison, sides);
	if (ret)
		comparison_blame_element(&comparison, problem);
	for (int i = 0; i < SIDES; i++) {
		if (comparison.rows[i])
			rows_destroy(comparison.rows[i]);
		json_decref(comparison.about[i]);
		json_decref(comparison.without[i]);
		if (ret)
			gbench_clear(&sides[i]);
	}
	json_decref(comparison.whole);
	json_decref(comparison.seen);
	json_decref(comparison.id);
	return ret;
}
