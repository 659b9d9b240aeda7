/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RUN_REQUEST_PARSE_H
#define RUN_REQUEST_PARSE_H

#include "problem.h"
#include "run_request.h"

/**
 * run_request_parse() - read the body of POST /api/v1/runs
 * @body: bytes of any kind
 * @len: how many
 * @request: what they ask for; undefined after an error
 * @problem: set on error
 *
 * Return: 0 or -1.
 */
int run_request_parse(const char *body, size_t len, struct run_request *request,
		      struct problem *problem);

#endif
