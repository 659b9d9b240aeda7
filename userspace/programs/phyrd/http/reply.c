// SPDX-License-Identifier: GPL-2.0-only
/* The kinds of reply: JSON, JSON made while it is sent, a problem. */
#include <stdio.h>
#include <microhttpd.h>

#include "limits.h"
#include "reply.h"

void reply_json(struct http_reply *reply, unsigned int status, json_t *body)
{
	reply->status = status;
	reply->type = "application/json";
	text_add_json(&reply->body, body);
}

void reply_problem(struct http_reply *reply, const struct problem *problem)
{
	reply_json(reply, problem->status, problem_render(problem));
	reply->type = "application/problem+json";
	snprintf(reply->detail, sizeof(reply->detail), "%.*s",
		 (int)sizeof(reply->detail) - 1, problem->detail);
}

void reply_stream(struct http_reply *reply, unsigned int status,
		  struct stream *stream)
{
	struct problem problem;

	if (!stream) {
		problem_set(&problem, MHD_HTTP_SERVICE_UNAVAILABLE,
			    "Out of memory");
		reply_problem(reply, &problem);
		return;
	}
	reply->status = status;
	reply->type = "application/json";
	reply->stream = stream;
}

void reply_body_too_long(struct http_reply *reply, unsigned long long bytes,
			 size_t limit)
{
	struct problem problem;
	char what[64];

	snprintf(what, sizeof(what), "%llu bytes", bytes);
	problem_set_limit(&problem, MHD_HTTP_CONTENT_TOO_LARGE, "body", what,
			  (long long)limit);
	reply_problem(reply, &problem);
}

void reply_too_many_bodies(struct http_reply *reply)
{
	struct problem problem;

	problem_set(
		&problem, MHD_HTTP_SERVICE_UNAVAILABLE,
		"Bodies of %d bytes are under way already, which is the limit; try again",
		LIMIT_BODIES_BYTES);
	problem.limit = LIMIT_BODIES_BYTES;
	reply_problem(reply, &problem);
}

void reply_too_many_waiting(struct http_reply *reply)
{
	struct problem problem;

	problem_set(
		&problem, MHD_HTTP_SERVICE_UNAVAILABLE,
		"%d clients wait for news already, which is the limit; ask without waiting",
		LIMIT_WAITING);
	problem.limit = LIMIT_WAITING;
	reply_problem(reply, &problem);
}
