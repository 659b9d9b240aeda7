/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWO_RUNS_H
#define TWO_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include <phyr/error.h>

/**
 * struct two_runs_result - a result of a run
 * @document: as the API has it, its samples not needed
 * @n: samples
 * @paired: it has its counterpart in the other run
 */
struct two_runs_result {
	json_t *document;
	size_t n;
	bool paired;
};

/**
 * struct two_runs_side - a run that is compared
 * @head: what is shown of it, an object
 * @results: its results
 * @n: how many
 * @read: all samples of the result at a position, in its unit: 0 or -errno
 */
struct two_runs_side {
	json_t *head;
	struct two_runs_result *results;
	size_t n;
	int (*read)(const struct two_runs_side *side, size_t position,
		    uint64_t *samples);
};

/**
 * two_runs_compare() - the answer of GET /api/v1/compare
 * @base: of the same clock as @head
 * @head: it is what verdicts are about
 *
 * Return: NULL and @error set if there is no memory or samples cannot be read.
 */
json_t *two_runs_compare(struct two_runs_side *base, struct two_runs_side *head,
			 struct phyr_error *error);

/**
 * two_runs_is_verdict() - is it one of those that a row may have?
 */
bool two_runs_is_verdict(const char *text);

/**
 * two_runs_clear() - forget the results and the head
 */
void two_runs_clear(struct two_runs_side *side);

#endif
