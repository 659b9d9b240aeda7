// SPDX-License-Identifier: GPL-2.0-only
/* phyrctl ls: the list of runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "table.h"
#include "text.h"

#define PATH 2048

static enum status list_path(struct client *client,
			     const struct options *options, char path[PATH])
{
	json_int_t limit = 0, before = 0;
	char *escaped;
	enum status status = STATUS_OK;
	int used;

	if (options->limit)
		status = parse_number("--limit", options->limit, &limit);
	if (!status && options->before)
		status = parse_number("--before", options->before, &before);
	used = snprintf(path, PATH, RUNS);
	if (options->limit)
		used += snprintf(path + used, PATH - (size_t)used,
				 "?limit=%lld", (long long)limit);
	if (options->before)
		used += snprintf(path + used, PATH - (size_t)used,
				 "%cbefore=%lld", options->limit ? '&' : '?',
				 (long long)before);
	if (status || !options->search)
		return status;
	escaped = client_escape(client, options->search);
	if (strlen(escaped) > 900)
		status = fail(STATUS_ERROR, "--search is too long");
	else
		snprintf(path + used, PATH - (size_t)used, "%csearch=%s",
			 used > (int)strlen(RUNS) ? '&' : '?', escaped);
	free(escaped);
	return status;
}

static void add_run(struct table *table, const json_t *run)
{
	char id[32], done[64], date[TEXT_TIME];

	snprintf(id, sizeof(id), "%lld",
		 (long long)json_integer_value(json_object_get(run, "id")));
	snprintf(
		done, sizeof(done), "%lld/%lld",
		(long long)json_integer_value(json_object_get(run, "finished")),
		(long long)json_integer_value(
			json_object_get(run, "workloads")));
	text_date(json_object_get(run, "created_ns"), date);
	table_row(table, id, text_of(run, "state"), done,
		  text_of(run, "kernel"), text_of(run, "clock"), date,
		  text_of(run, "name"));
}

static enum status check_runs(struct answer *answer)
{
	enum status status = answer_check(answer, "{s:[]}", "runs");
	json_t *run;
	size_t i;

	if (status)
		return status;
	json_array_foreach(json_object_get(answer->json, "runs"), i, run)
	{
		if (!json_unpack_ex(run, NULL, JSON_VALIDATE_ONLY, "{s:I, s:s}",
				    "id", "state"))
			continue;
		answer_destroy(answer);
		return fail(STATUS_UNREACHABLE,
			    "the answer is none of phyrd: entry %zu is no run",
			    i);
	}
	return STATUS_OK;
}

enum status command_ls(struct client *client, const struct options *options,
		       char **operands, int n)
{
	struct answer answer;
	enum status status;
	struct table *table;
	char path[PATH];
	json_t *run;
	size_t i;

	(void)operands;
	(void)n;
	status = list_path(client, options, path);
	if (!status)
		status = client_get(client, path, &answer);
	if (!status)
		status = check_runs(&answer);
	if (status)
		return status;
	if (options->json) {
		print_answer(&answer);
	} else {
		table = table_create("rlrllll");
		table_row(table, "ID", "STATE", "DONE", "KERNEL", "CLOCK",
			  "CREATED", "NAME");
		json_array_foreach(json_object_get(answer.json, "runs"), i, run)
			add_run(table, run);
		table_print(table);
	}
	answer_destroy(&answer);
	return STATUS_OK;
}
