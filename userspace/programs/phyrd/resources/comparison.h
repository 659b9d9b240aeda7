/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPARISON_H
#define COMPARISON_H

#include "gbench.h"

/* What a comparison says of a result, among its parameters; two_runs.c reads some. */
#define COMPARISON_ID "comparison"
#define COMPARISON_VERDICT "verdict"

/**
 * comparison_recognize() - is this what ./phyr compare or ./phyr bench writes?
 * @text: bytes of any kind
 * @len: how many
 * @problem: set on error: it is something else of ./phyr's, such as a history
 *
 * Only what stands before "context" or "benchmarks" is looked at.
 *
 * Return: 1: it is; 0: it is nothing of ./phyr's; -1: it cannot be imported.
 */
int comparison_recognize(const char *text, size_t len, struct problem *problem);

/**
 * comparison_parse() - read a comparison of two kernels as two runs
 * @text: bytes of any kind
 * @len: how many
 * @sides: base and head, to be cleared; one may have no result. Both are empty
 *	after an error.
 * @problem: set on error
 *
 * Figures of rows are aggregates; what is known besides of a row, the verdict
 * and what the memory clock counted among it, are parameters. Rows that compare
 * forms of memory are two results of head. What works but has no figure is left
 * out, and is named by the context.
 *
 * Return: 0 or -1.
 */
int comparison_parse(const char *text, size_t len, struct gbench sides[2],
		     struct problem *problem);

#endif
