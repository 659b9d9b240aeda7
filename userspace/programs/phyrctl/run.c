// SPDX-License-Identifier: GPL-2.0-only
/*
 * phyrctl run: have workloads measured, and await the end.
 *
 * On a terminal the run is followed by its events. Elsewhere the daemon is
 * asked once to answer when it has ended: a client that only waits does not
 * disturb what is measured.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "progress.h"
#include "text.h"

#define WAIT_SECONDS 3600

static enum status add_number(json_t *item, const char *member,
			      const char *option, const char *text)
{
	enum status status;
	json_int_t number;

	if (!text)
		return STATUS_OK;
	status = parse_number(option, text, &number);
	if (!status)
		json_object_set_new(item, member, json_integer(number));
	return status;
}

static enum status add_text(json_t *item, const char *member, const char *what,
			    const char *text)
{
	json_t *string;

	if (!text)
		return STATUS_OK;
	string = json_string(text);
	if (!string)
		return fail(STATUS_ERROR, "%s %s is not UTF-8", what, text);
	json_object_set_new(item, member, string);
	return STATUS_OK;
}

static enum status add_workload(json_t *workloads, const char *name,
				const struct options *options)
{
	json_t *item = json_object();
	enum status status;

	json_array_append_new(workloads, item);
	status = add_text(item, "workload", "workload", name);
	if (!status)
		status = add_text(item, "device", "--device", options->device);
	if (!status)
		status = add_number(item, "samples", "--samples",
				    options->samples);
	if (!status)
		status =
			add_number(item, "warmup", "--warmup", options->warmup);
	return status;
}

static enum status describe(const struct options *options, char **workloads,
			    int n, char **body)
{
	json_t *list = json_array();
	json_t *request = json_pack("{s:o}", "workloads", list);
	enum status status;

	status = add_text(request, "name", "--name", options->name);
	for (int i = 0; i < n && !status; i++)
		status = add_workload(list, workloads[i], options);
	if (!status) {
		*body = json_dumps(request, JSON_COMPACT);
		if (!*body)
			abort();
	}
	json_decref(request);
	return status;
}

static enum status post(struct client *client, const struct options *options,
			char **workloads, int n, struct answer *answer)
{
	enum status status;
	char *body;

	status = describe(options, workloads, n, &body);
	if (status)
		return status;
	status = client_post(client, RUNS, body, strlen(body), answer);
	free(body);
	return status;
}

struct follow {
	struct progress progress;
	bool ended;
};

static bool on_event(void *context, const char *name, const json_t *data)
{
	struct follow *follow = context;

	if (strcmp(name, "result"))
		progress_draw(&follow->progress, data);
	follow->ended = !strcmp(name, "end");
	return !follow->ended;
}

static enum status follow(struct client *client, long long id)
{
	struct follow follow = { 0 };
	enum status status;
	char path[64];

	snprintf(path, sizeof(path), RUNS "/%lld/events", id);
	status = client_follow(client, path, on_event, &follow);
	progress_clear();
	if (!status && !follow.ended)
		return fail(STATUS_UNREACHABLE,
			    "run %lld: its events ended before it did", id);
	return status;
}

static bool has_ended(const json_t *run)
{
	const char *state = text_of(run, "state");

	return strcmp(state, "queued") && strcmp(state, "running");
}

/* The run when it has ended. */
static enum status await(struct client *client, long long id,
			 struct answer *answer)
{
	enum status status = STATUS_OK;
	char path[64];

	if (isatty(STDERR_FILENO))
		status = follow(client, id);
	snprintf(path, sizeof(path), RUNS "/%lld?wait=%d", id, WAIT_SECONDS);
	while (!status) {
		status = client_wait(client, path, WAIT_SECONDS, answer);
		if (!status)
			status = answer_check(answer, "{s:s, s:[]}", "state",
					      "results");
		if (status || has_ended(answer->json))
			break;
		answer_destroy(answer);
	}
	if (status == STATUS_UNREACHABLE)
		fail(status,
		     "run %lld was not followed to its end; when phyrd is there again: phyrctl show %lld",
		     id, id);
	return status;
}

static void on_interrupt(int signal)
{
	(void)signal;
	client_interrupt();
}

static enum status cancel(struct client *client, long long id)
{
	struct answer answer;
	char path[64];

	client_resume();
	snprintf(path, sizeof(path), RUNS "/%lld/cancel", id);
	if (!client_post(client, path, "", 0, &answer)) {
		answer_destroy(&answer);
		fail(STATUS_INTERRUPTED, "run %lld is cancelled", id);
	}
	return STATUS_INTERRUPTED;
}

static enum status finish(struct client *client, const struct options *options,
			  long long id)
{
	struct answer answer;
	enum status status;

	status = await(client, id, &answer);
	if (status == STATUS_INTERRUPTED)
		return cancel(client, id);
	if (status)
		return status;
	if (options->json)
		print_answer(&answer);
	status = run_status(answer.json);
	if (!options->json)
		show_run(answer.json);
	answer_destroy(&answer);
	return status;
}

enum status command_run(struct client *client, const struct options *options,
			char **operands, int n)
{
	struct sigaction action = { .sa_handler = on_interrupt };
	struct answer answer;
	enum status status;
	long long id;

	status = post(client, options, operands, n, &answer);
	if (!status)
		status = answer_check(&answer, "{s:I}", "id");
	if (status)
		return status;
	id = json_integer_value(json_object_get(answer.json, "id"));
	if (options->detach && options->json)
		print_answer(&answer);
	else if (options->detach)
		printf("%lld\n", id);
	answer_destroy(&answer);
	if (options->detach)
		return STATUS_OK;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	return finish(client, options, id);
}
