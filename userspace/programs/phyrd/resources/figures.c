// SPDX-License-Identifier: GPL-2.0-only
/* The newest figure of each workload, for those who keep histories. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <phyr/size.h>

#include "figures.h"
#include "limits.h"
#include "metric_text.h"

/* @generation: of the store when they were gathered, see store_generation() */
static struct {
	pthread_mutex_t lock;
	unsigned long generation;
	struct figures figures;
} cache = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* @index: labels of those that there are */
struct gathering {
	struct store *store;
	struct figures *figures;
	json_t *index;
};

static const char *get_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/*
 * The parts of a workload's name; those of a machine begin with its name and a
 * colon. A name that is none of ours has no parts.
 */
static void add_parts(struct text *text, const char *name)
{
	const char *colon = strchr(name, ':');
	char size[PHYR_SIZE_TEXT];
	struct phyr_workload w;

	if (phyr_workload_parse(colon ? colon + 1 : name, &w, NULL))
		return;
	metric_label(text, "family", w.family->name);
	if (w.family->forms)
		metric_label(text, "form", w.family->forms[w.form]);
	if (w.family->variants)
		metric_label(text, "variant", w.family->variants[w.variant]);
	metric_label(text, "series", w.family->series[w.series]);
	metric_label(text, "backing", phyr_backing_name(w.backing));
	phyr_size_format(w.size, size);
	metric_label(text, "size", size);
}

static void add_labels(struct text *text, const struct run_head *head,
		       const json_t *document)
{
	const char *name = get_text(document, "workload");

	metric_label(text, "workload", name ? name : "");
	add_parts(text, name ? name : "");
	metric_label(text, "device",
		     get_text(json_object_get(document, "parameters"),
			      "device"));
	metric_label(text, "kernel", head->kernel);
	metric_label(text, "clock", head->clock);
	metric_label(text, "source", head->imported ? "imported" : "measured");
	text_add_bytes(text, "", 1);
}

/* An aggregate that is a time. */
static const json_t *median_aggregate(const json_t *document)
{
	json_t *ratio;
	size_t i;

	json_array_foreach(json_object_get(document, "ratios"), i, ratio)
	{
		if (!strcmp(json_string_value(ratio), "median"))
			return NULL;
	}
	return json_object_get(json_object_get(document, "aggregates"),
			       "median");
}

static void take_times(const json_t *document, struct figure *figure)
{
	const json_t *stats = json_object_get(document, "stats");
	const json_t *median = stats ? json_object_get(stats, "median")
				     : median_aggregate(document);
	const char *unit = get_text(document, "unit");
	double scale = unit && !strcmp(unit, "ps") ? 1e-3 : 1;

	if (!figure->instructions)
		scale *= 1e-9;
	if (!json_is_number(median))
		return;
	figure->timed = true;
	figure->median = figure->low = figure->high =
		scale * json_number_value(median);
	if (!stats)
		return;
	figure->low =
		scale * json_number_value(json_object_get(stats, "median_low"));
	figure->high = scale *
		       json_number_value(json_object_get(stats, "median_high"));
}

/* One that there is of a newer run stays. */
static void add_figure(struct gathering *gathering, const struct run_head *head,
		       const json_t *document, size_t samples)
{
	struct figures *figures = gathering->figures;
	struct figure *figure = &figures->all[figures->n];
	struct text labels = { 0 };

	add_labels(&labels, head, document);
	if (labels.failed || json_object_get(gathering->index, labels.data)) {
		text_clear(&labels);
		return;
	}
	json_object_set_new(gathering->index, labels.data, json_true());
	*figure = (struct figure){
		.labels = labels.data,
		.measured = !json_object_get(document, "error"),
		.instructions = !strcmp(head->clock, "icount"),
		.samples = samples,
		.ended = (double)head->ended_ns / 1e9,
	};
	take_times(document, figure);
	figures->n++;
}

static void add_run(struct gathering *gathering, const struct run_head *head)
{
	for (size_t i = 0;
	     i < head->finished && gathering->figures->n < LIMIT_FIGURES; i++) {
		struct text text = { 0 };
		struct phyr_error error;
		json_t *document = NULL;
		size_t n;

		/* What cannot be read is left out; who asks for it is told. */
		if (!store_result(gathering->store, head->id, i, &text, &n,
				  &error))
			document = json_loadb(text.data, text.len, 0, NULL);
		text_clear(&text);
		if (document)
			add_figure(gathering, head, document, n);
		json_decref(document);
	}
}

/* A run that was ended early has failures that say nothing of what it measures. */
static bool counts(const struct run_head *head)
{
	return head->state == RUN_DONE || head->state == RUN_FAILED;
}

static void gather(struct store *store, struct figures *figures)
{
	struct gathering gathering = { .store = store,
				       .figures = figures,
				       .index = json_object() };
	struct run_head *heads = calloc(LIMIT_FIGURE_RUNS, sizeof(*heads));
	struct phyr_error error;
	size_t n = 0;

	figures->all = calloc(LIMIT_FIGURES, sizeof(*figures->all));
	if (heads && figures->all &&
	    store_list(store, UINT64_MAX, heads, LIMIT_FIGURE_RUNS, &n, &error))
		n = 0;
	for (size_t i = 0; i < n && figures->all; i++) {
		if (counts(&heads[i]))
			add_run(&gathering, &heads[i]);
	}
	json_decref(gathering.index);
	free(heads);
}

static void clear(struct figures *figures)
{
	for (size_t i = 0; i < figures->n; i++)
		free(figures->all[i].labels);
	free(figures->all);
	*figures = (struct figures){ 0 };
}

const struct figures *figures_hold(struct store *store)
{
	/* Before they are read: what is stored meanwhile is for the next call. */
	unsigned long generation = store_generation(store);

	pthread_mutex_lock(&cache.lock);
	if (cache.generation != generation || !cache.figures.all) {
		clear(&cache.figures);
		gather(store, &cache.figures);
		cache.generation = generation;
	}
	return &cache.figures;
}

void figures_release(void)
{
	pthread_mutex_unlock(&cache.lock);
}
