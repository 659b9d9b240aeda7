/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GBENCH_H
#define GBENCH_H

#include "archive.h"
#include "problem.h"

/**
 * struct gbench - what a document of Google Benchmark says
 * @kernel: the context's kernel, else its host_name, else "unknown"
 * @clock: the context's clock, else "native"
 * @context: the context, a JSON object, NUL-terminated
 * @results: ready to be stored; their samples belong to this struct
 * @n: how many
 */
struct gbench {
	char kernel[LIMIT_NAME_BYTES + 1];
	char clock[32];
	char *context;
	struct archive_result *results;
	size_t n;
};

/**
 * gbench_parse() - read what Google Benchmark or export_get() wrote
 * @text: bytes of any kind
 * @len: how many
 * @gbench: what they say, to be cleared; empty after an error
 * @problem: set on error
 *
 * Rows of one run_name and device are one result: its iterations are samples
 * (their real_time, in ns, or in ps if one is not whole). Without iterations
 * its aggregates are kept. Iterations that failed beside others that did not
 * are counted in the parameter failed_repetitions. Strings and numbers of the
 * first row that are not part of the format are parameters. Complexity rows
 * (BigO, RMS) are left out, and so is "/manual_time" in a name.
 *
 * Return: 0 or -1.
 */
int gbench_parse(const char *text, size_t len, struct gbench *gbench,
		 struct problem *problem);
void gbench_clear(struct gbench *gbench);

#endif
