/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GBENCH_H
#define GBENCH_H

#include <stdbool.h>

#include "archive.h"
#include "problem.h"

/* The member of the context for what people say about a run. */
#define GBENCH_WORDS "phyrd_run"

/**
 * struct gbench - what a document of Google Benchmark says
 * @kernel: the context's kernel, else its host_name, else "unknown"
 * @clock: the context's clock, else "native"
 * @phyr_bench: phyr-bench wrote it, says the context
 * @named: what follows is a run's: export_get() has written it
 * @name: what the run was called; the same for @tags and @notes
 * @context: the context, a JSON object, NUL-terminated, without those words
 * @results: ready to be stored; their samples belong to this struct
 * @n: how many
 */
struct gbench {
	char kernel[LIMIT_NAME_BYTES + 1];
	char clock[32];
	bool phyr_bench;
	bool named;
	char name[LIMIT_NAME_BYTES + 1];
	char tags[LIMIT_TAGS_ROOM];
	char notes[LIMIT_NOTES_BYTES + 1];
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
 * Rows of one run_name (name, where there is none) and device are one result:
 * its repetitions are samples (their real_time, in ns, or in ps if one is not
 * whole). Without repetitions its aggregates are kept. Repetitions that failed
 * or were skipped beside others that were not are counted in the parameter
 * failed_repetitions. Strings and numbers of the first row that are not part of
 * the format are parameters; what cannot be kept of them is in "dropped", with
 * the reason. Complexity (BigO, RMS) is left out. Names stay as they are, but
 * those of phyr-bench lose "/manual_time".
 *
 * Return: 0 or -1.
 */
int gbench_parse(const char *text, size_t len, struct gbench *gbench,
		 struct problem *problem);
void gbench_clear(struct gbench *gbench);

#endif
