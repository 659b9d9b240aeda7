/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REQUEST_H
#define REQUEST_H

#include <stddef.h>
#include <phyr/run.h>

#include "limits.h"
#include "problem.h"

/**
 * struct request - what a client asks to be run
 * @name: the client's name for it, UTF-8, may be empty
 * @workloads: what to measure
 * @n: how many
 */
struct request {
	char name[LIMIT_NAME_BYTES + 1];
	struct phyr_request workloads[LIMIT_WORKLOADS];
	size_t n;
};

/**
 * request_parse() - read the body of POST /api/v1/runs
 * @body: bytes of any kind
 * @len: how many
 * @request: what they ask for; undefined after an error
 * @problem: set on error
 *
 * Return: 0 or -1.
 */
int request_parse(const char *body, size_t len, struct request *request,
		  struct problem *problem);

#endif
