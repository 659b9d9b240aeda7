// SPDX-License-Identifier: GPL-2.0-only
/* Reads a file as a whole. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

#define FILE_MAX_BYTES ((size_t)1 << 30)

static enum status read_stream(const char *path, FILE *file, char **text,
			       size_t *len)
{
	size_t room = 1 << 16, used = 0, got;
	char *buffer = malloc(room), *larger;

	while (buffer && (got = fread(buffer + used, 1, room - used, file))) {
		used += got;
		if (used < room)
			continue;
		if (room >= FILE_MAX_BYTES) {
			free(buffer);
			return fail(STATUS_ERROR, "%s: larger than 1 GiB",
				    path);
		}
		larger = realloc(buffer, 2 * room);
		if (!larger)
			free(buffer);
		buffer = larger;
		room *= 2;
	}
	if (!buffer)
		abort();
	if (ferror(file)) {
		free(buffer);
		return fail(STATUS_ERROR, "%s: %s", path, strerror(errno));
	}
	*text = buffer;
	*len = used;
	return STATUS_OK;
}

enum status file_read(const char *path, char **text, size_t *len)
{
	enum status status;
	FILE *file;

	if (!strcmp(path, "-"))
		return read_stream("stdin", stdin, text, len);
	file = fopen(path, "re");
	if (!file)
		return fail(STATUS_ERROR, "%s: %s", path, strerror(errno));
	status = read_stream(path, file, text, len);
	fclose(file);
	return status;
}
