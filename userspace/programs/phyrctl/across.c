// SPDX-License-Identifier: GPL-2.0-only
/* Runs of two daemons side by side, by the rules of one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "text.h"
#include "two_runs.h"

/* Of a document that says nothing else: every sample is a number. */
static int read_samples(const struct two_runs_side *side, size_t position,
			uint64_t *samples)
{
	const json_t *array =
		json_object_get(side->results[position].document, "samples");
	const json_t *sample;
	size_t i;

	json_array_foreach(array, i, sample)
	{
		if (!json_is_integer(sample) || json_integer_value(sample) < 0)
			return -EBADMSG;
		samples[i] = (uint64_t)json_integer_value(sample);
	}
	return 0;
}

/* What is shown of a run, and where it is. */
static json_t *describe(const json_t *run, const struct server *server)
{
	json_t *head = json_copy((json_t *)run);

	if (!head)
		abort();
	json_object_del(head, "context");
	json_object_del(head, "results");
	json_object_set_new(head, "server", json_string(server->url));
	return head;
}

static void take(const json_t *run, const struct server *server,
		 struct two_runs_side *side)
{
	const json_t *results = json_object_get(run, "results");

	side->head = describe(run, server);
	side->n = json_array_size(results);
	side->results = calloc(side->n + 1, sizeof(*side->results));
	if (!side->results)
		abort();
	for (size_t i = 0; i < side->n; i++) {
		json_t *document = json_array_get(results, i);

		side->results[i].document = json_incref(document);
		side->results[i].n =
			json_array_size(json_object_get(document, "samples"));
	}
}

static enum status fetch(const struct server *server, char *operand,
			 struct two_runs_side *side)
{
	struct answer answer;
	struct client *client;
	enum status status;
	char path[64];
	json_int_t id;

	status = parse_number("run", operand, &id);
	if (status)
		return status;
	status = server_client(server, &client);
	if (status)
		return status;
	snprintf(path, sizeof(path), RUNS "/%lld/samples", (long long)id);
	status = client_get(client, path, &answer);
	client_destroy(client);
	if (!status)
		status = answer_check(&answer, "{s:I, s:s, s:s, s:[]}", "id",
				      "state", "clock", "results");
	if (status)
		return status;
	take(answer.json, server, side);
	answer_destroy(&answer);
	return STATUS_OK;
}

static enum status check(const struct two_runs_side sides[2])
{
	const char *clocks[2];

	for (int i = 0; i < 2; i++) {
		const char *state = text_of(sides[i].head, "state");

		if (!strcmp(state, "queued") || !strcmp(state, "running"))
			return fail(
				STATUS_ERROR, "run %lld of %s is still %s",
				(long long)json_integer_value(
					json_object_get(sides[i].head, "id")),
				text_of(sides[i].head, "server"), state);
		clocks[i] = text_of(sides[i].head, "clock");
	}
	if (!strcmp(clocks[0], clocks[1]))
		return STATUS_OK;
	return fail(
		STATUS_ERROR,
		"base has clock \"%s\", but head has clock \"%s\", and they measure different things",
		clocks[0], clocks[1]);
}

enum status compare_across(char *const operands[2],
			   const struct server *const servers[2],
			   json_t **comparison)
{
	struct two_runs_side sides[2] = { { .read = read_samples },
					  { .read = read_samples } };
	struct phyr_error error;
	enum status status = STATUS_OK;

	for (int i = 0; i < 2 && !status; i++)
		status = fetch(servers[i], operands[i], &sides[i]);
	if (!status)
		status = check(sides);
	if (!status) {
		*comparison = two_runs_compare(&sides[0], &sides[1], &error);
		if (!*comparison)
			status = fail(STATUS_UNREACHABLE, "%s", error.message);
	}
	for (int i = 0; i < 2; i++)
		two_runs_clear(&sides[i]);
	return status;
}
