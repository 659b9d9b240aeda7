// SPDX-License-Identifier: GPL-2.0-only
/* phyrctl show: a run's results. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "table.h"
#include "text.h"

static void add_tags(struct table *table, const json_t *tags)
{
	char line[1024] = "";
	const json_t *tag;
	size_t i, used = 0;

	json_array_foreach(tags, i, tag)
	{
		const char *text = json_string_value(tag);

		if (!text || used + strlen(text) + 3 > sizeof(line))
			break;
		used += (size_t)sprintf(line + used, "%s%s", i ? ", " : "",
					text);
	}
	if (used)
		table_row(table, "tags", line);
}

static void print_head(const json_t *run)
{
	const char *reason = text_of(run, "reason");
	char date[TEXT_TIME];
	struct table *table = table_create("ll");
	char id[32];

	snprintf(id, sizeof(id), "%lld",
		 (long long)json_integer_value(json_object_get(run, "id")));
	text_date(json_object_get(run, "created_ns"), date);
	table_row(table, "run", id);
	if (*text_of(run, "name"))
		table_row(table, "name", text_of(run, "name"));
	add_tags(table, json_object_get(run, "tags"));
	if (*text_of(run, "notes"))
		table_row(table, "notes", text_of(run, "notes"));
	table_row(table, "state", text_of(run, "state"));
	if (*reason)
		table_row(table, "reason", reason);
	table_row(table, "kernel", text_of(run, "kernel"));
	table_row(table, "clock", text_of(run, "clock"));
	table_row(table, "created", date);
	table_print(table);
}

/* A percentile is shown where there is a sample or more beyond it. */
static void add_samples(struct table *table, const json_t *result,
			const char *clock)
{
	static const struct {
		const char *name;
		json_int_t samples; /* that it takes */
	} members[] = { { "min", 1 },	     { "median", 1 },
			{ "median_low", 1 }, { "median_high", 1 },
			{ "p90", 10 },	     { "p99", 100 },
			{ "p999", 1000 },    { "max", 1 } };
	enum {
		N = sizeof(members) / sizeof(*members)
	};
	const json_t *stats = json_object_get(result, "stats");
	json_int_t n = json_integer_value(json_object_get(stats, "n"));
	char texts[N][TEXT_TIME], count[32], name[TEXT_NAME];
	const char *cells[N + 2];

	snprintf(count, sizeof(count), "%lld", (long long)n);
	text_name(result, name);
	cells[0] = name;
	cells[1] = count;
	for (size_t i = 0; i < N; i++) {
		text_figure(n < members[i].samples
				    ? NULL
				    : json_object_get(stats, members[i].name),
			    text_of(result, "unit"), clock, texts[i]);
		cells[i + 2] = texts[i];
	}
	table_add(table, cells);
}

/* An import without repetitions knows a median at best. */
static void add_aggregates(struct table *table, const json_t *result,
			   const char *clock)
{
	const json_t *aggregates = json_object_get(result, "aggregates");
	const json_t *median = json_object_get(aggregates, "median");
	char text[TEXT_TIME], name[TEXT_NAME];

	text_name(result, name);
	text_figure(median ? median : json_object_get(aggregates, "mean"),
		    text_of(result, "unit"), clock, text);
	table_row(table, name, median ? "-" : "mean", "-", text, "-", "-", "-",
		  "-", "-", "-");
}

static void print_results(const json_t *results, const char *clock)
{
	struct table *measured = table_create("lrrrrrrrrr");
	struct table *missing = table_create("lll");
	size_t i, n_measured = 0, n_missing = 0;
	char median[64];
	json_t *result;

	snprintf(median, sizeof(median), "MEDIAN%s", text_unit(clock));
	table_row(measured, "WORKLOAD", "N", "MIN", median, "LOW", "HIGH",
		  "P90", "P99", "P99.9", "MAX");
	table_row(missing, "NOT MEASURED", "ERRNO", "WHY");
	json_array_foreach(results, i, result)
	{
		const json_t *error = json_object_get(result, "error");
		char name[TEXT_NAME];

		if (error) {
			text_name(result, name);
			table_row(missing, name, text_of(error, "errno"),
				  text_of(error, "message"));
			n_missing++;
			continue;
		}
		n_measured++;
		if (json_object_get(result, "stats"))
			add_samples(measured, result, clock);
		else
			add_aggregates(measured, result, clock);
	}
	if (n_measured) {
		putchar('\n');
		table_print(measured);
	} else {
		table_destroy(measured);
	}
	if (n_missing) {
		putchar('\n');
		table_print(missing);
	} else {
		table_destroy(missing);
	}
}

void show_run(const json_t *run)
{
	print_head(run);
	print_results(json_object_get(run, "results"), text_of(run, "clock"));
}

enum status run_status(const json_t *run)
{
	const json_t *result;
	size_t i;

	if (strcmp(text_of(run, "state"), "done"))
		return STATUS_BAD;
	json_array_foreach(json_object_get(run, "results"), i, result)
	{
		if (json_object_get(result, "error"))
			return STATUS_BAD;
	}
	return STATUS_OK;
}

enum status command_show(struct client *client, const struct options *options,
			 char **operands, int n)
{
	static const char *const before[] = { RUNS "/" };
	struct answer answer;
	enum status status;

	status = get_runs(client, before, operands, n, &answer);
	if (!status)
		status = answer_check(&answer, "{s:I, s:s, s:[]}", "id",
				      "state", "results");
	if (status)
		return status;
	/* Showing a run that failed is no failure. */
	if (options->json)
		print_answer(&answer);
	else
		show_run(answer.json);
	answer_destroy(&answer);
	return STATUS_OK;
}
