// SPDX-License-Identifier: GPL-2.0-only
/* phyrctl compare: two runs side by side. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "table.h"
#include "text.h"

#define INTERVAL (2 * TEXT_TIME + 2)

static void print_side(const char *label, const json_t *run)
{
	const char *server = text_of(run, "server");
	char line[1024];

	snprintf(line, sizeof(line),
		 "%s  run %lld%s%s, kernel %s, clock %s%s%s", label,
		 (long long)json_integer_value(json_object_get(run, "id")),
		 *server ? " of " : "", server, text_of(run, "kernel"),
		 text_of(run, "clock"), *text_of(run, "name") ? ": " : "",
		 text_of(run, "name"));
	text_disarm(line);
	puts(line);
}

static const char *side(const json_t *side, const char *clock,
			char text[TEXT_TIME])
{
	const json_t *median = json_object_get(side, "median");

	if (json_object_get(side, "error"))
		return text_of(side, "error");
	text_figure(median ? median : json_object_get(side, "mean"), "ns",
		    clock, text);
	return text;
}

/* The interval of the median, empty where there are no samples. */
static void interval(const json_t *side, const char *clock, char text[INTERVAL])
{
	char low[TEXT_TIME], high[TEXT_TIME];

	*text = '\0';
	if (!json_object_get(side, "median_low"))
		return;
	text_figure(json_object_get(side, "median_low"), "ns", clock, low);
	text_figure(json_object_get(side, "median_high"), "ns", clock, high);
	snprintf(text, INTERVAL, "%s..%s", low, high);
}

/* "~" for no difference, "-" where there is nothing to compare. */
static const char *verdict_of(const json_t *row)
{
	const char *verdict = text_of(row, "verdict");

	if (!*verdict)
		return "-";
	return strcmp(verdict, "no difference") ? verdict : "~";
}

static void add_row(struct table *table, const json_t *row, const char *clock)
{
	const json_t *base = json_object_get(row, "base");
	const json_t *head = json_object_get(row, "head");
	const json_t *effect = json_object_get(row, "effect");
	char texts[2][TEXT_TIME], intervals[2][INTERVAL];
	char factor[TEXT_TIME] = "", size[32] = "", name[TEXT_NAME];

	interval(base, clock, intervals[0]);
	interval(head, clock, intervals[1]);
	text_ratio(json_object_get(row, "ratio"), factor);
	if (json_is_number(effect))
		snprintf(size, sizeof(size), "%+.2f",
			 json_number_value(effect));
	text_name(row, name);
	table_row(table, name, side(base, clock, texts[0]), intervals[0],
		  side(head, clock, texts[1]), intervals[1], factor, size,
		  verdict_of(row));
}

static void print_only(const char *label, const json_t *names)
{
	const json_t *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		char line[256];

		snprintf(line, sizeof(line), "%s  %s", label,
			 json_string_value(name));
		text_disarm(line);
		puts(line);
	}
}

static void print_criteria(const json_t *criteria)
{
	static const char *const names[] = { "p_below", "effect_at_least",
					     "distance_at_least" };
	double values[3];

	for (size_t i = 0; i < 3; i++)
		values[i] =
			json_number_value(json_object_get(criteria, names[i]));
	printf("~  no difference: p is %g or more, EFFECT below %g, or medians less than %g %% apart\n",
	       values[0], values[1], 100 * values[2]);
}

/* Where there are no samples they decide nothing. */
static bool has_p(const json_t *rows)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (json_object_get(row, "p"))
			return true;
	}
	return false;
}

static void print_comparison(const json_t *comparison)
{
	const char *clock =
		text_of(json_object_get(comparison, "head"), "clock");
	struct table *table = table_create("lrlrlrrl");
	char base[64], head[64];
	json_t *row;
	size_t i;

	print_side("base", json_object_get(comparison, "base"));
	print_side("head", json_object_get(comparison, "head"));
	putchar('\n');
	snprintf(base, sizeof(base), "BASE%s", text_unit(clock));
	snprintf(head, sizeof(head), "HEAD%s", text_unit(clock));
	table_row(table, "WORKLOAD", base, "95 %", head, "95 %", "RATIO",
		  "EFFECT", "HEAD IS");
	json_array_foreach(json_object_get(comparison, "rows"), i, row)
		add_row(table, row, clock);
	table_print(table);
	if (has_p(json_object_get(comparison, "rows")))
		print_criteria(json_object_get(comparison, "criteria"));
	print_only("only in base:", json_object_get(comparison, "only_base"));
	print_only("only in head:", json_object_get(comparison, "only_head"));
}

static size_t count(const json_t *comparison, const char *verdict)
{
	size_t i, n = 0;
	json_t *row;

	json_array_foreach(json_object_get(comparison, "rows"), i, row)
		n += !strcmp(text_of(row, "verdict"), verdict);
	return n;
}

/*
 * A regression outweighs what cannot be told, which outweighs what is well.
 * Where nothing can be compared, or is exact, nothing is told.
 */
static enum status conclude(const json_t *comparison)
{
	size_t rows = json_array_size(json_object_get(comparison, "rows"));

	if (count(comparison, "worse"))
		return STATUS_BAD;
	if (count(comparison, "too few samples"))
		return STATUS_UNTOLD;
	if (count(comparison, "") + count(comparison, "not exact") < rows)
		return STATUS_OK;
	return fail(
		STATUS_UNTOLD,
		count(comparison, "not exact")
			? "nothing was compared: no workload is exact"
		: rows ? "nothing was compared: no workload was measured in both runs"
		       : "nothing was compared: the runs have no workload in common");
}

/* Both of one server, which compares them itself. */
static enum status compare_there(const struct server *server, char **operands,
				 struct answer *answer)
{
	static const char *const before[] = { "/api/v1/compare?base=",
					      "&head=" };
	struct client *client;
	enum status status = server_client(server, &client);

	if (status)
		return status;
	status = get_runs(client, before, operands, 2, answer);
	client_destroy(client);
	if (!status)
		status = answer_check(answer, "{s:{}, s:{}, s:{}, s:[]}",
				      "base", "head", "criteria", "rows");
	return status;
}

static enum status compare(const struct options *options, char **operands,
			   struct answer *answer)
{
	const struct server *servers[2];
	enum status status = STATUS_OK;

	for (int i = 0; i < 2 && !status; i++)
		status = servers_find(&options->servers, operands[i],
				      &servers[i]);
	if (status)
		return status;
	if (servers[0] == servers[1])
		return compare_there(servers[0], operands, answer);
	status = compare_across(operands, servers, &answer->json);
	if (status)
		return status;
	/* As phyrd writes it. */
	answer->text = json_dumps(answer->json,
				  JSON_COMPACT | JSON_REAL_PRECISION(15));
	if (!answer->text)
		abort();
	answer->len = strlen(answer->text);
	return STATUS_OK;
}

enum status command_compare(struct client *client,
			    const struct options *options, char **operands,
			    int n)
{
	struct answer answer;
	enum status status;

	(void)client;
	(void)n;
	status = compare(options, operands, &answer);
	if (status)
		return status;
	if (options->json)
		print_answer(&answer);
	else if (options->markdown)
		markdown_print(answer.json);
	else
		print_comparison(answer.json);
	status = conclude(answer.json);
	answer_destroy(&answer);
	return status;
}
