/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef QUERY_H
#define QUERY_H

#include <stdint.h>

#include "problem.h"
#include "request.h"

/**
 * query_check() - are all parameters known, and is none there twice?
 * @known: NULL-terminated names, or NULL
 *
 * Return: 0 or -1; so do all below.
 */
int query_check(const struct http_request *request, const char *const *known,
		struct problem *problem);

/**
 * query_find() - a parameter's value, "" if it has none, NULL if it is missing
 */
const char *query_find(const struct http_request *request, const char *name);

/**
 * query_number() - a parameter that is a number
 * @number: left as it is if the parameter is missing
 */
int query_number(const struct http_request *request, const char *name,
		 uint64_t min, uint64_t max, uint64_t *number,
		 struct problem *problem);

/**
 * query_parse_number() - a number without sign, space or leading zero
 *
 * Return: 0 or -EINVAL.
 */
int query_parse_number(const char *text, uint64_t *number);

#endif
