/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ROW_H
#define ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "problem.h"

/**
 * struct row - a row of a document of Google Benchmark, while it is read
 * @json: its members, of each name the first; not an object if the row is none
 * @dropped: members that are left out: an array of name and why
 * @number: its place in the document
 * @problem: set when the row is refused
 */
struct row {
	json_t *json;
	json_t *dropped;
	size_t number;
	struct problem *problem;
};

/**
 * enum row_kind - what a row says
 * @ROW_TIME: the time of a repetition
 * @ROW_FAILURE: a repetition was not measured, whatever figures stand there
 * @ROW_AGGREGATE: a statistic of repetitions
 * @ROW_OTHER: nothing about time: complexity, a statistic of nothing
 */
enum row_kind {
	ROW_TIME,
	ROW_FAILURE,
	ROW_AGGREGATE,
	ROW_OTHER,
};

/**
 * row_kind() - tell by the members that state it
 *
 * A failure has error_occurred (since 1.1), skipped (since 1.8) or no iterations
 * (all), or its real_time is no number that JSON knows. Complexity has big_o or
 * rms in place of a real_time, with and without a run_type (since 1.5).
 */
enum row_kind row_kind(const struct row *row);

/**
 * row_drop() - note that a member is left out
 * @dropped: a row's or a result's, which takes each name once
 */
void row_drop(json_t *dropped, const char *name, const char *why);

/**
 * row_refuse() - refuse the row for a member; "": for what it is itself
 *
 * Return: -1; so do the others that refuse.
 */
int row_refuse(const struct row *row, const char *member, const char *what);
int row_refuse_type(const struct row *row, const char *member,
		    const char *type);

/**
 * row_check_bytes() - refuse a name that is longer than a workload's
 *
 * Return: 0 or -1.
 */
int row_check_bytes(const struct row *row, const char *member,
		    const char *text);

const char *row_text(const struct row *row, const char *member);

/**
 * row_time() - real_time, in ps
 *
 * Return: 0 or -1.
 */
int row_time(const struct row *row, double *ps);

/**
 * row_is_ratio() - is the aggregate a ratio, not a time?
 */
bool row_is_ratio(const struct row *row);

/**
 * row_error() - why the repetition was not measured: errno and message
 */
json_t *row_error(const struct row *row);

/**
 * row_parameters() - strings and numbers that are not the format's own
 *
 * Others are noted as dropped.
 */
json_t *row_parameters(const struct row *row);

#endif
