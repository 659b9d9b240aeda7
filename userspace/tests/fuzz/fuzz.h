/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "problem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What must hold for any input. */
static inline void check(bool holds)
{
	if (!holds)
		abort();
}

/* A problem is a client's fault, has words, and can be written as JSON. */
static inline void check_problem(const struct problem *problem)
{
	json_t *json = problem_render(problem);
	char *text = json_dumps(json, 0);

	check(text && *problem->detail);
	check(problem->status >= 400 && problem->status < 500);
	free(text);
	json_decref(json);
}

#endif
