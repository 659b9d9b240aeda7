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

/* @server: of the run, or NULL if there is one only */
static void add_run(struct table *table, const json_t *run,
		    const struct server *server)
{
	char id[32 + SERVER_NAME], done[64], date[TEXT_TIME];

	snprintf(id, sizeof(id), "%lld%s%.*s",
		 (long long)json_integer_value(json_object_get(run, "id")),
		 server ? "@" : "", SERVER_NAME - 1,
		 server ? server_name(server) : "");
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

static enum status get_list(const struct server *server,
			    const struct options *options,
			    struct answer *answer)
{
	struct client *client;
	enum status status;
	char path[PATH];

	status = server_client(server, &client);
	if (status)
		return status;
	status = list_path(client, options, path);
	if (!status)
		status = client_get(client, path, answer);
	client_destroy(client);
	return status ? status : check_runs(answer);
}

static struct table *create_table(bool several)
{
	struct table *table = table_create(several ? "llrllll" : "rlrllll");

	table_row(table, "ID", "STATE", "DONE", "KERNEL", "CLOCK", "CREATED",
		  "NAME");
	return table;
}

static enum status list_one(const struct options *options)
{
	struct answer answer;
	enum status status =
		get_list(&options->servers.all[0], options, &answer);
	struct table *table;
	json_t *run;
	size_t i;

	if (status)
		return status;
	if (options->json) {
		print_answer(&answer);
	} else {
		table = create_table(false);
		json_array_foreach(json_object_get(answer.json, "runs"), i, run)
			add_run(table, run, NULL);
		table_print(table);
	}
	answer_destroy(&answer);
	return STATUS_OK;
}

static void print_lists(json_t *lists)
{
	char *text = json_dumps(lists, JSON_COMPACT | JSON_REAL_PRECISION(15));

	if (!text)
		abort();
	printf("{\"servers\":%s}\n", text);
	free(text);
}

/* One that does not answer is no reason to be silent about the others. */
static enum status list_several(const struct options *options)
{
	enum status status = STATUS_OK;
	struct table *table = create_table(true);
	json_t *lists = json_array(), *run;
	size_t i;

	for (size_t s = 0; s < options->servers.n; s++) {
		const struct server *server = &options->servers.all[s];
		struct answer answer;
		enum status one = get_list(server, options, &answer);

		status = one ? one : status;
		if (one)
			continue;
		json_array_foreach(json_object_get(answer.json, "runs"), i, run)
			add_run(table, run, server);
		json_object_set_new(answer.json, "server",
				    json_string(server->url));
		json_array_append(lists, answer.json);
		answer_destroy(&answer);
	}
	if (options->json) {
		print_lists(lists);
		table_destroy(table);
	} else {
		table_print(table);
	}
	json_decref(lists);
	return status;
}

enum status command_ls(struct client *client, const struct options *options,
		       char **operands, int n)
{
	(void)client;
	(void)operands;
	(void)n;
	if (options->servers.n == 1)
		return list_one(options);
	if (options->before)
		return fail(STATUS_ERROR,
			    "ls: --before is an id, of one --server only");
	return list_several(options);
}
