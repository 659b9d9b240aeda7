// SPDX-License-Identifier: GPL-2.0-only
/* Why a request was refused, in words and as a problem document. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <microhttpd.h>

#include "problem.h"

int problem_set(struct problem *problem, unsigned int status,
		const char *format, ...)
{
	va_list args;

	*problem = (struct problem){ .status = status, .limit = -1 };
	va_start(args, format);
	vsnprintf(problem->detail, sizeof(problem->detail), format, args);
	va_end(args);
	return -1;
}

int problem_set_field(struct problem *problem, const char *field,
		      const char *format, ...)
{
	char text[sizeof(problem->detail)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	problem_set(problem, MHD_HTTP_UNPROCESSABLE_CONTENT, "%.*s: %s",
		    (int)sizeof(problem->field), field, text);
	snprintf(problem->field, sizeof(problem->field), "%s", field);
	return -1;
}

int problem_set_limit(struct problem *problem, unsigned int status,
		      const char *field, const char *what, long long limit)
{
	problem_set(problem, status, "%s: %s, but at most %lld are allowed",
		    field, what, limit);
	snprintf(problem->field, sizeof(problem->field), "%s", field);
	problem->limit = limit;
	return -1;
}

int problem_set_error(struct problem *problem, int status,
		      const struct phyr_error *error)
{
	unsigned int code = MHD_HTTP_INTERNAL_SERVER_ERROR;

	if (status == -ENOSPC)
		code = MHD_HTTP_INSUFFICIENT_STORAGE;
	else if (status == -ENOMEM)
		code = MHD_HTTP_SERVICE_UNAVAILABLE;
	return problem_set(problem, code, "%s", error->message);
}

/* A problem quotes what a client sent, which may be cut and need not be UTF-8. */
static json_t *plain_text(const char *text)
{
	char copy[sizeof(((struct problem *)NULL)->detail)];
	size_t i;

	for (i = 0; text[i]; i++)
		copy[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	return json_stringn(copy, i);
}

json_t *problem_render(const struct problem *problem)
{
	json_t *json;

	json = json_pack("{s:s, s:s, s:i, s:o}", "type", "about:blank", "title",
			 MHD_get_reason_phrase_for(problem->status), "status",
			 (int)problem->status, "detail",
			 plain_text(problem->detail));
	if (*problem->field)
		json_object_set_new(json, "field", plain_text(problem->field));
	if (problem->limit >= 0)
		json_object_set_new(json, "limit",
				    json_integer(problem->limit));
	return json;
}
