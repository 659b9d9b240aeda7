// SPDX-License-Identifier: GPL-2.0-only
/* phyrctl export: a run as Google Benchmark JSON, or as CSV. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

/* These return true on failure, with errno set. */
static bool write_fd(int fd, const struct answer *answer, bool sync)
{
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	bool bad;

	if (!file)
		return true;
	bad = fwrite(answer->text, 1, answer->len, file) != answer->len ||
	      (sync && (fflush(file) || fsync(fd)));
	return (fclose(file) != 0) | bad;
}

/* All of it or nothing. */
static bool replace(const char *path, mode_t mode, const struct answer *answer)
{
	char *temporary;
	bool bad = true;
	int fd;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		abort();
	fd = mkstemp(temporary);
	if (fd >= 0) {
		bad = fchmod(fd, mode) != 0;
		bad |= write_fd(fd, answer, true);
		if (bad || rename(temporary, path)) {
			int reason = errno;

			bad = true;
			unlink(temporary);
			errno = reason;
		}
	}
	free(temporary);
	return bad;
}

/* What is not a file is written to as it is: a device, a FIFO. */
static bool write_to(const char *path, const struct answer *answer)
{
	mode_t mask = umask(0);
	struct stat there = { .st_mode = S_IFREG | (0666 & ~mask) };

	umask(mask);
	if (lstat(path, &there) || S_ISREG(there.st_mode))
		return replace(path, there.st_mode & 0777, answer);
	return write_fd(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666),
			answer, false);
}

static enum status write_file(const char *path, const struct answer *answer)
{
	/* A link stays one, and so does one that leads nowhere yet. */
	char *target = realpath(path, NULL);
	enum status status = STATUS_OK;

	if (write_to(target ? target : path, answer))
		status = fail(STATUS_ERROR, "%s: %s", path, strerror(errno));
	free(target);
	return status;
}

/* The run's text is replaced by that of its samples. */
static enum status get_csv(struct client *client, char **operands, int n,
			   struct answer *answer)
{
	enum status status;
	char path[64];
	json_int_t id;
	FILE *file;

	(void)n;
	status = parse_number("run", operands[0], &id);
	if (status)
		return status;
	snprintf(path, sizeof(path), RUNS "/%lld/samples", (long long)id);
	status = client_get(client, path, answer);
	if (!status)
		status =
			answer_check(answer, "{s:s, s:[]}", "clock", "results");
	if (status)
		return status;
	free(answer->text);
	answer->text = NULL;
	file = open_memstream(&answer->text, &answer->len);
	if (!file)
		abort();
	csv_print(file, answer->json);
	if (fclose(file))
		abort();
	return STATUS_OK;
}

enum status command_export(struct client *client, const struct options *options,
			   char **operands, int n)
{
	static const char *const before[] = { "/api/v1/export?run=" };
	struct answer answer;
	enum status status;

	if (options->csv) {
		status = get_csv(client, operands, n, &answer);
	} else {
		status = get_runs(client, before, operands, n, &answer);
		if (!status)
			status = answer_check(&answer, "{s:{}, s:[]}",
					      "context", "benchmarks");
	}
	if (status)
		return status;
	if (options->output)
		status = write_file(options->output, &answer);
	else
		print_answer(&answer);
	answer_destroy(&answer);
	return status;
}
