// SPDX-License-Identifier: GPL-2.0-only
/* phyrctl import: Google Benchmark JSON as a run, a comparison of ./phyr's as two. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "file.h"
#include "text.h"

static enum status post(struct client *client, const char *name,
			const char *text, size_t len, struct answer *answer)
{
	char *escaped = name ? client_escape(client, name) : NULL;
	enum status status;
	char path[512];

	if (escaped && strlen(escaped) > 400) {
		free(escaped);
		return fail(STATUS_ERROR, "--name is too long");
	}
	snprintf(path, sizeof(path), "/api/v1/import%s%s",
		 escaped ? "?name=" : "", escaped ? escaped : "");
	free(escaped);
	status = client_post(client, path, text, len, answer);
	return status;
}

/* The run is there, but not all that the file says of it. */
static void tell_dropped(const json_t *results)
{
	json_t *result, *one;
	size_t i, j;

	json_array_foreach(results, i, result)
	{
		json_array_foreach(json_object_get(result, "dropped"), j, one)
			fail(STATUS_OK, "%s: left out \"%s\": %s",
			     text_of(result, "workload"), text_of(one, "name"),
			     text_of(one, "why"));
	}
}

/* The ids of what is there now: of a run, or of base and head. */
static void tell_ids(const json_t *answer)
{
	const json_t *id = json_object_get(answer, "id");

	if (id)
		printf("%lld\n", (long long)json_integer_value(id));
	else
		printf("%lld %lld\n",
		       (long long)json_integer_value(
			       json_object_get(answer, "base")),
		       (long long)json_integer_value(
			       json_object_get(answer, "head")));
}

enum status command_import(struct client *client, const struct options *options,
			   char **operands, int n)
{
	struct answer answer;
	enum status status;
	char *text;
	size_t len;

	(void)n;
	status = file_read(operands[0], &text, &len);
	if (status)
		return status;
	status = post(client, options->name, text, len, &answer);
	free(text);
	if (!status && json_object_get(answer.json, "base"))
		status = answer_check(&answer, "{s:I, s:I}", "base", "head");
	else if (!status)
		status = answer_check(&answer, "{s:I, s:[]}", "id", "results");
	if (status)
		return status;
	tell_dropped(json_object_get(answer.json, "results"));
	if (options->json)
		print_answer(&answer);
	else
		tell_ids(answer.json);
	answer_destroy(&answer);
	return STATUS_OK;
}
