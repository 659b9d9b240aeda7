// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <microhttpd.h>

#include "body.h"
#include "limits.h"

struct counts {
	size_t values;
	size_t containers;
};

/* Exact for JSON; whatever it says of anything else, jansson refuses that. */
static struct counts count(const char *body, size_t len)
{
	bool quoted = false, opened = false;
	struct counts counts = { .values = 1 };

	for (size_t i = 0; i < len; i++) {
		char c = body[i];

		if (quoted) {
			i += c == '\\';
			quoted = c != '"';
			continue;
		}
		if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			continue;
		counts.values += c == ',' || (opened && c != ']' && c != '}');
		opened = c == '[' || c == '{';
		counts.containers += opened;
		quoted = c == '"';
	}
	return counts;
}

static int check(size_t number, const char *of_what, long long limit,
		 struct problem *problem)
{
	char what[64];

	if (number <= (size_t)limit)
		return 0;
	snprintf(what, sizeof(what), "%zu %s", number, of_what);
	return problem_set_limit(problem, MHD_HTTP_CONTENT_TOO_LARGE, "body",
				 what, limit);
}

json_t *body_parse(const char *body, size_t len, struct problem *problem)
{
	struct counts counts = count(body, len);
	json_error_t error;
	json_t *json;

	if (check(counts.values, "JSON values", LIMIT_VALUES, problem) ||
	    check(counts.containers, "JSON objects and arrays",
		  LIMIT_CONTAINERS, problem))
		return NULL;
	json = json_loadb(body, len, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		problem_set(problem, MHD_HTTP_BAD_REQUEST,
			    "The body is not JSON: line %d, column %d: %s",
			    error.line, error.column, error.text);
	return json;
}
