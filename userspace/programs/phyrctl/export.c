// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

/* All of it or nothing. */
static enum status write_file(const char *path, const struct answer *answer)
{
	enum status status = STATUS_OK;
	char *temporary;
	FILE *file;
	bool bad;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		abort();
	int fd = mkstemp(temporary);

	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file) {
		status = fail(STATUS_USAGE, "%s: %s", path, strerror(errno));
		goto free;
	}
	bad = fwrite(answer->text, 1, answer->len, file) != answer->len;
	bad |= fchmod(fd, 0644) || fflush(file) || fsync(fd);
	if (bad | (fclose(file) != 0) || rename(temporary, path)) {
		status = fail(STATUS_USAGE, "%s: %s", path, strerror(errno));
		unlink(temporary);
	}
free:
	free(temporary);
	return status;
}

enum status command_export(struct client *client, const struct options *options,
			   char **operands, int n)
{
	static const char *const before[] = { "/api/v1/export?run=" };
	struct answer answer;
	enum status status;

	status = get_runs(client, before, operands, n, &answer);
	if (status)
		return status;
	if (options->output)
		status = write_file(options->output, &answer);
	else
		print_answer(&answer);
	answer_destroy(&answer);
	return status;
}
