// SPDX-License-Identifier: GPL-2.0-only
/* Reads the parameters behind the question mark. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <microhttpd.h>

#include "query.h"

#define DIGITS 18 /* that any number of 64 bits has room for */

int query_parse_number(const char *text, uint64_t *number)
{
	size_t len = strlen(text);

	if (!len || len > DIGITS || strspn(text, "0123456789") != len ||
	    (*text == '0' && len > 1))
		return -EINVAL;
	*number = strtoull(text, NULL, 10);
	return 0;
}

static bool is_known(const char *const *known, const char *name)
{
	while (known && *known && strcmp(*known, name))
		known++;
	return known && *known;
}

int query_check(const struct http_request *request, const char *const *known,
		struct problem *problem)
{
	if (request->query_n > REQUEST_QUERY_MAX)
		return problem_set(
			problem, MHD_HTTP_BAD_REQUEST,
			"The query has %zu parts, but at most %d are understood",
			request->query_n, REQUEST_QUERY_MAX);
	for (size_t i = 0; i < request->query_n; i++) {
		const char *name = request->query[i].name;

		if (!is_known(known, name))
			return problem_set(problem, MHD_HTTP_BAD_REQUEST,
					   "Unknown query parameter \"%.64s\"",
					   name);
		for (size_t j = 0; j < i; j++) {
			if (!strcmp(request->query[j].name, name))
				return problem_set(
					problem, MHD_HTTP_BAD_REQUEST,
					"Query parameter \"%s\" is there twice",
					name);
		}
	}
	return 0;
}

const char *query_find(const struct http_request *request, const char *name)
{
	for (size_t i = 0; i < request->query_n && i < REQUEST_QUERY_MAX; i++) {
		if (!strcmp(request->query[i].name, name))
			return request->query[i].value ? request->query[i].value
						       : "";
	}
	return NULL;
}

int query_number(const struct http_request *request, const char *name,
		 uint64_t min, uint64_t max, uint64_t *number,
		 struct problem *problem)
{
	const char *value = query_find(request, name);
	uint64_t parsed;

	if (!value)
		return 0;
	if (strlen(value) > DIGITS &&
	    strspn(value, "0123456789") == strlen(value))
		return problem_set_field(
			problem, name,
			"%.64s: more digits than %d, and at most %llu is allowed",
			value, DIGITS, (unsigned long long)max);
	if (query_parse_number(value, &parsed))
		return problem_set_field(problem, name,
					 "\"%s\" is not a number", value);
	if (parsed < min)
		return problem_set_field(problem, name,
					 "%s, but must be at least %llu", value,
					 (unsigned long long)min);
	if (parsed > max)
		return problem_set_limit(problem,
					 MHD_HTTP_UNPROCESSABLE_CONTENT, name,
					 value, (long long)max);
	*number = parsed;
	return 0;
}
