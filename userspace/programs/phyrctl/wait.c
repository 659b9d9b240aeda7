// SPDX-License-Identifier: GPL-2.0-only
/*
 * phyrctl wait: await the end of a run.
 *
 * On a terminal the run is followed by its events. Elsewhere the daemon is
 * asked once to answer when it has ended: a client that only waits does not
 * disturb what is measured.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "progress.h"
#include "text.h"

#define WAIT_SECONDS 3600

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

/* Who has asked for the run ends it; who only waits does not. */
static enum status interrupted(struct client *client, long long id, bool own)
{
	struct answer answer;
	char path[64];

	if (!own)
		return STATUS_INTERRUPTED;
	client_resume();
	snprintf(path, sizeof(path), RUNS "/%lld/cancel", id);
	if (!client_post(client, path, "", 0, &answer)) {
		answer_destroy(&answer);
		fail(STATUS_INTERRUPTED, "run %lld is cancelled", id);
	}
	return STATUS_INTERRUPTED;
}

enum status wait_for_run(struct client *client, const struct options *options,
			 long long id, bool own)
{
	struct sigaction action = { .sa_handler = on_interrupt };
	struct answer answer;
	enum status status;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	status = await(client, id, &answer);
	if (status == STATUS_INTERRUPTED)
		return interrupted(client, id, own);
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

enum status command_wait(struct client *client, const struct options *options,
			 char **operands, int n)
{
	enum status status;
	json_int_t id;

	(void)n;
	status = parse_number("run", operands[0], &id);
	return status ? status : wait_for_run(client, options, id, false);
}
