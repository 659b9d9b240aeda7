// SPDX-License-Identifier: GPL-2.0-only
/* phyrctl cancel, phyrctl delete: runs that nobody wants. */
#include <stdio.h>

#include "command.h"

enum status command_cancel(struct client *client, const struct options *options,
			   char **operands, int n)
{
	enum status status = STATUS_OK;

	for (int i = 0; i < n && !status; i++) {
		struct answer answer;
		char path[64];
		json_int_t id;

		status = parse_number("run", operands[i], &id);
		if (status)
			break;
		snprintf(path, sizeof(path), RUNS "/%lld/cancel",
			 (long long)id);
		status = client_post(client, path, "", 0, &answer);
		if (status)
			break;
		if (options->json)
			print_answer(&answer);
		answer_destroy(&answer);
	}
	return status;
}

enum status command_delete(struct client *client, const struct options *options,
			   char **operands, int n)
{
	enum status status = STATUS_OK;

	(void)options;
	for (int i = 0; i < n && !status; i++) {
		char path[64];
		json_int_t id;

		status = parse_number("run", operands[i], &id);
		if (status)
			break;
		snprintf(path, sizeof(path), RUNS "/%lld", (long long)id);
		status = client_delete(client, path);
	}
	return status;
}
