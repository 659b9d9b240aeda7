// SPDX-License-Identifier: GPL-2.0-only
/* Two runs compared, workload by workload. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <phyr/comparison.h>

#include "two_runs.h"

static const char *get_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static const char *workload(const struct two_runs_result *item)
{
	return get_text(item->document, "workload");
}

static const char *device(const struct two_runs_result *item)
{
	return get_text(json_object_get(item->document, "parameters"),
			"device");
}

/* A result's unit in ns: one run may have ps where the other has ns. */
static double scale(const struct two_runs_result *item)
{
	return strcmp(get_text(item->document, "unit"), "ps") ? 1 : 0.001;
}

/* An aggregate that is a time, in ns; NULL: there is none of that name. */
static json_t *get_aggregate(const struct two_runs_result *item,
			     const char *name)
{
	const json_t *value = json_object_get(
		json_object_get(item->document, "aggregates"), name);
	json_t *ratio;
	size_t i;

	json_array_foreach(json_object_get(item->document, "ratios"), i, ratio)
	{
		if (json_is_string(ratio) &&
		    !strcmp(json_string_value(ratio), name))
			return NULL;
	}
	return value ? json_real(scale(item) * json_number_value(value)) : NULL;
}

/* How many there were, where a file that has none of them says so. */
static const json_t *get_samples(const struct two_runs_result *item)
{
	return json_object_get(json_object_get(item->document, "parameters"),
			       "samples");
}

/* @figure: the median, or a mean in its place, in ns; -1: there is none */
static json_t *render_side(const struct two_runs_result *item, double *figure)
{
	static const char *const copied[] = { "median", "median_low",
					      "median_high" };
	const json_t *stats = json_object_get(item->document, "stats");
	const json_t *error = json_object_get(item->document, "error");
	const json_t *samples = get_samples(item);
	json_t *json = json_object(), *value;
	const char *name = "median";

	*figure = -1;
	if (error) {
		json_object_set_new(json, "error",
				    json_string(get_text(error, "errno")));
		return json;
	}
	if (stats) {
		json_object_set_new(json, "n",
				    json_integer((json_int_t)item->n));
		for (size_t i = 0; i < 3; i++) {
			const json_t *time = json_object_get(stats, copied[i]);

			json_object_set_new(json, copied[i],
					    json_real(scale(item) *
						      json_number_value(time)));
		}
		value = json_incref(json_object_get(json, name));
	} else {
		value = get_aggregate(item, name);
		if (!value) {
			name = "mean";
			value = get_aggregate(item, name);
		}
		if (value)
			json_object_set(json, name, value);
		if (value && json_integer_value(samples) > 0)
			json_object_set(json, "n", (json_t *)samples);
	}
	if (value)
		*figure = json_number_value(value);
	json_decref(value);
	return json;
}

/* All samples of a result, in ps if @ps says so. */
static uint64_t *read_samples(struct two_runs_side *side, size_t position,
			      bool ps)
{
	const struct two_runs_result *item = &side->results[position];
	uint64_t factor = ps && scale(item) == 1 ? 1000 : 1;
	uint64_t *samples = calloc(item->n, sizeof(*samples));

	if (samples && side->read(side, position, samples)) {
		free(samples);
		samples = NULL;
	}
	for (size_t i = 0; samples && i < item->n; i++)
		samples[i] *= factor;
	return samples;
}

/* Google Benchmark's are of as many calls as it finds enough. */
static bool is_of_one_call(const struct two_runs_result *item)
{
	const json_t *calls = json_object_get(
		json_object_get(item->document, "parameters"), "iterations");

	return !json_is_number(calls) || json_number_value(calls) <= 1;
}

/* Adds what the samples that both sides have say. */
static int add_statistics(json_t *row, struct two_runs_side *base, size_t b,
			  struct two_runs_side *head, size_t h)
{
	const struct two_runs_result *x = &base->results[b],
				     *y = &head->results[h];
	bool ps = scale(x) != 1 || scale(y) != 1;
	uint64_t *base_samples = read_samples(base, b, ps);
	uint64_t *head_samples = read_samples(head, h, ps);
	struct phyr_comparison comparison;
	int ret = -ENOMEM;

	if (base_samples && head_samples)
		ret = phyr_comparison_compute(base_samples, x->n, head_samples,
					      y->n, &comparison);
	free(base_samples);
	free(head_samples);
	if (ret)
		return ret;
	if (comparison.verdict != PHYR_NO_DIFFERENCE ||
	    phyr_comparison_is_possible(x->n, y->n))
		json_object_set_new(
			row, "verdict",
			json_string(phyr_verdict_name(comparison.verdict)));
	json_object_set_new(row, "u", json_real(comparison.u));
	json_object_set_new(row, "p", json_real(comparison.p));
	json_object_set_new(row, "effect", json_real(comparison.effect));
	return 0;
}

bool two_runs_is_verdict(const char *text)
{
	static const char *const verdicts[] = { "better", "worse",
						"no difference",
						"too few samples",
						"not exact" };

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		if (!strcmp(text, verdicts[i]))
			return true;
	}
	return false;
}

/* Of ./phyr compare, if both are of the same comparison, and in its direction. */
static const char *find_verdict(const struct two_runs_result *base,
				const struct two_runs_result *head)
{
	const json_t *x = json_object_get(base->document, "parameters");
	const json_t *y = json_object_get(head->document, "parameters");
	const char *id = get_text(x, "comparison");
	const char *verdict = get_text(y, "verdict");

	if (!*id || strcmp(id, get_text(y, "comparison")) ||
	    *get_text(x, "verdict"))
		return "";
	return two_runs_is_verdict(verdict) ? verdict : "";
}

/* @range: the least and the most of as many samples, where that is known */
static bool get_range(const struct two_runs_result *item, double range[2],
		      size_t *n)
{
	static const char *const names[] = { "min", "max" };
	const json_int_t samples = json_integer_value(get_samples(item));

	for (int i = 0; i < 2; i++) {
		json_t *value = get_aggregate(item, names[i]);

		if (!value)
			return false;
		range[i] = json_number_value(value);
		json_decref(value);
	}
	*n = samples > 0 ? (size_t)samples : 0;
	return true;
}

/*
 * Ranges that do not touch are as far apart as samples can be, and samples that
 * are all the same are no difference. Between those nothing can be told.
 */
static const char *judge_ranges(const struct two_runs_result *base,
				double base_figure,
				const struct two_runs_result *head,
				double head_figure)
{
	double x[2], y[2], distance = head_figure - base_figure;
	size_t base_n, head_n;

	if (!get_range(base, x, &base_n) || !get_range(head, y, &head_n) ||
	    !phyr_comparison_is_possible(base_n, head_n))
		return "too few samples";
	if (x[0] == x[1] && y[0] == y[1] && x[0] == y[0])
		return "no difference";
	if (y[0] <= x[1] && x[0] <= y[1])
		return "too few samples";
	if (distance < PHYR_COMPARISON_DISTANCE * base_figure &&
	    -distance < PHYR_COMPARISON_DISTANCE * base_figure)
		return "no difference";
	return distance < 0 ? "better" : "worse";
}

/*
 * What can be said without samples. Where both sides failed, or one has neither
 * failed nor a figure, there is nothing to compare.
 */
static json_t *judge_figures(const struct two_runs_result *base,
			     double base_figure,
			     const struct two_runs_result *head,
			     double head_figure)
{
	bool base_failed = json_object_get(base->document, "error");
	bool head_failed = json_object_get(head->document, "error");
	const char *known = find_verdict(base, head);

	if (base_figure >= 0 && head_failed)
		return json_string("worse");
	if (base_failed && head_figure >= 0)
		return json_string("better");
	if (base_figure < 0 || head_figure < 0)
		return json_null();
	return json_string(
		*known ? known
		       : judge_ranges(base, base_figure, head, head_figure));
}

static int add_row(json_t *rows, struct two_runs_side *base, size_t b,
		   struct two_runs_side *head, size_t h)
{
	const struct two_runs_result *x = &base->results[b],
				     *y = &head->results[h];
	double base_figure, head_figure;
	json_t *left = render_side(x, &base_figure);
	json_t *right = render_side(y, &head_figure);
	json_t *row;

	row = json_pack("{s:s, s:o, s:o, s:n, s:o}", "workload", workload(x),
			"base", left, "head", right, "ratio", "verdict",
			judge_figures(x, base_figure, y, head_figure));
	if (*device(x) && *device(y))
		json_object_set_new(row, "device", json_string(device(y)));
	/* How many times less head takes: above 1 is better. */
	if (base_figure >= 0 && head_figure > 0)
		json_object_set_new(row, "ratio",
				    json_real(base_figure / head_figure));
	json_array_append_new(rows, row);
	if (!x->n || !y->n)
		return 0;
	/* A sample of one call is none beside means of many. */
	if (is_of_one_call(x) == is_of_one_call(y))
		return add_statistics(row, base, b, head, h);
	json_object_set_new(row, "verdict", json_null());
	return 0;
}

/* The first result of head that fits and has no counterpart; -1: none. */
static long find_counterpart(const struct two_runs_result *item,
			     const struct two_runs_side *head, bool any_device)
{
	for (size_t i = 0; i < head->n; i++) {
		const struct two_runs_result *other = &head->results[i];

		if (!other->paired &&
		    !strcmp(workload(item), workload(other)) &&
		    (any_device || !strcmp(device(item), device(other))))
			return (long)i;
	}
	return -1;
}

/* For each result of base the position of its counterpart, or -1. */
static void pair(struct two_runs_side *base, struct two_runs_side *head,
		 long *counterparts)
{
	for (int any_device = 0; any_device < 2; any_device++) {
		for (size_t i = 0; i < base->n; i++) {
			if (base->results[i].paired)
				continue;
			counterparts[i] = find_counterpart(&base->results[i],
							   head, any_device);
			if (counterparts[i] < 0)
				continue;
			base->results[i].paired = true;
			head->results[counterparts[i]].paired = true;
		}
	}
}

static json_t *list_unpaired(const struct two_runs_side *side)
{
	json_t *json = json_array();

	for (size_t i = 0; i < side->n; i++) {
		const struct two_runs_result *item = &side->results[i];
		bool named = *device(item);

		if (!item->paired)
			json_array_append_new(
				json,
				json_sprintf("%s%s%s%s", workload(item),
					     named ? " (" : "", device(item),
					     named ? ")" : ""));
	}
	return json;
}

json_t *two_runs_compare(struct two_runs_side *base, struct two_runs_side *head,
			 struct phyr_error *error)
{
	long *counterparts = calloc(base->n + 1, sizeof(*counterparts));
	json_t *rows = json_array();
	int ret = 0;

	if (!counterparts) {
		json_decref(rows);
		phyr_error_set(error, -ENOMEM, "out of memory");
		return NULL;
	}
	pair(base, head, counterparts);
	for (size_t i = 0; i < base->n && !ret; i++) {
		if (base->results[i].paired)
			ret = add_row(rows, base, i, head,
				      (size_t)counterparts[i]);
	}
	free(counterparts);
	if (ret) {
		json_decref(rows);
		phyr_error_set(error, ret, "comparing samples: %s",
			       strerror(-ret));
		return NULL;
	}
	return json_pack("{s:o, s:o, s:{s:f, s:f, s:f}, s:o, s:o, s:o}", "base",
			 json_incref(base->head), "head",
			 json_incref(head->head), "criteria", "p_below",
			 PHYR_COMPARISON_P, "effect_at_least",
			 PHYR_COMPARISON_EFFECT, "distance_at_least",
			 PHYR_COMPARISON_DISTANCE, "rows", rows, "only_base",
			 list_unpaired(base), "only_head", list_unpaired(head));
}

void two_runs_clear(struct two_runs_side *side)
{
	for (size_t i = 0; side->results && i < side->n; i++)
		json_decref(side->results[i].document);
	free(side->results);
	json_decref(side->head);
}
