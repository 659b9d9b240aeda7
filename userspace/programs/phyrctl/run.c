// SPDX-License-Identifier: GPL-2.0-only
/* phyrctl run: have workloads measured, and await the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "file.h"

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

	size_t len;

	if (options->file) {
		status = file_read(options->file, &body, &len);
	} else {
		status = describe(options, workloads, n, &body);
		len = status ? 0 : strlen(body);
	}
	if (status)
		return status;
	status = client_post(client, RUNS, body, len, answer);
	free(body);
	return status;
}

/* The file says all that there is to say. */
static enum status check_file(const struct options *options, int n)
{
	const struct {
		const char *name;
		const char *value;
	} others[] = { { "--name", options->name },
		       { "--samples", options->samples },
		       { "--warmup", options->warmup },
		       { "--device", options->device } };

	if (!options->file)
		return n ? STATUS_OK
			 : fail(STATUS_ERROR,
				"run: name a workload or a --file, see --help");
	if (n)
		return fail(STATUS_ERROR,
			    "run: with --file no workload can be named");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (others[i].value)
			return fail(STATUS_ERROR,
				    "run: %s does not go with --file",
				    others[i].name);
	}
	return STATUS_OK;
}

enum status command_run(struct client *client, const struct options *options,
			char **operands, int n)
{
	struct answer answer;
	enum status status;
	long long id;

	status = check_file(options, n);
	if (!status)
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
	return wait_for_run(client, options, id, true);
}
