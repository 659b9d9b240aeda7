// SPDX-License-Identifier: GPL-2.0-only
/*
 * On the host: prepare the file that is a BAR's memory, and compare all of it
 * with what a test's log says.
 *
 *	check_memory fill FILE SIZE
 *	check_memory compare FILE LOG
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"

static uint8_t *content(size_t size)
{
	uint8_t *bytes = malloc(size);

	if (bytes)
		content_fill(bytes, size, CONTENT_AT_START, 0);
	return bytes;
}

static int fill(const char *name, size_t size)
{
	FILE *file = fopen(name, "wb");
	uint8_t *bytes = content(size);
	int failed = !file || !bytes || fwrite(bytes, 1, size, file) != size;

	if (file && fclose(file))
		failed = 1;
	free(bytes);
	if (failed)
		fprintf(stderr, "%s: cannot fill it\n", name);
	return failed;
}

/* Returns the number of lines, or -1 at one that makes no sense. */
static long replay(FILE *log, uint8_t *bytes, uint64_t size)
{
	char line[128];
	long lines = 0;

	while (fgets(line, sizeof(line), log)) {
		uint64_t offset, len, seed, from;

		if (sscanf(line,
			   "fill %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
			   &offset, &len, &seed, &from) == 4 &&
		    offset <= size && len <= size - offset)
			content_fill(bytes + offset, len, seed, from);
		else if (sscanf(line, "copy %" SCNu64 " %" SCNu64 " %" SCNu64,
				&offset, &len, &from) == 3 &&
			 offset <= size && len <= size - offset &&
			 from <= size && len <= size - from)
			memmove(bytes + offset, bytes + from, len);
		else
			return -1;
		lines++;
	}
	return lines;
}

static int compare(const uint8_t *is, const uint8_t *wanted, size_t size)
{
	size_t wrong = 0, first = 0, last = 0;

	for (size_t i = 0; i < size; i++)
		if (is[i] != wanted[i]) {
			if (!wrong++)
				first = i;
			last = i;
		}
	if (wrong)
		fprintf(stderr,
			"%zu of %zu bytes are wrong, the first at %#zx, the last at %#zx\n",
			wrong, size, first, last);
	return wrong != 0;
}

static int check(const char *name, const char *log_name)
{
	FILE *file = fopen(name, "rb"), *log = fopen(log_name, "r");
	uint8_t *is, *wanted;
	size_t size;
	long lines;

	if (!file || !log || fseek(file, 0, SEEK_END)) {
		perror(file ? log_name : name);
		return 1;
	}
	size = ftell(file);
	rewind(file);
	is = malloc(size);
	wanted = content(size);
	if (!is || !wanted || fread(is, 1, size, file) != size) {
		fprintf(stderr, "%s: cannot read it\n", name);
		return 1;
	}
	lines = replay(log, wanted, size);
	fclose(file);
	fclose(log);
	if (lines <= 0) {
		fprintf(stderr,
			"%s: it says nothing, or nothing that makes sense\n",
			log_name);
		return 1;
	}
	printf("%ld changes, %zu bytes\n", lines, size);
	return compare(is, wanted, size);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "fill"))
		return fill(argv[2], strtoull(argv[3], NULL, 0));
	if (argc == 4 && !strcmp(argv[1], "compare"))
		return check(argv[2], argv[3]);
	fprintf(stderr, "check_memory fill FILE SIZE | compare FILE LOG\n");
	return 2;
}
