// SPDX-License-Identifier: GPL-2.0-only
/* A run: what it has come to, its samples, its end. */
#include <errno.h>
#include <stdio.h>
#include <microhttpd.h>

#include "find_run.h"
#include "query.h"
#include "resources.h"
#include "run.h"
#include "run_stream.h"

void run_reply(struct store *store, uint64_t id, unsigned int status,
	       bool samples, struct http_reply *reply)
{
	struct problem problem;
	struct run_head head;

	if (find_run(store, id, &head, &problem))
		reply_problem(reply, &problem);
	else
		reply_stream(reply, status,
			     run_stream_create(store, &head, samples));
}

void run_reply_created(struct store *store, uint64_t id,
		       struct http_reply *reply)
{
	snprintf(reply->location, sizeof(reply->location), RUNS_PATH "/%llu",
		 (unsigned long long)id);
	run_reply(store, id, MHD_HTTP_CREATED, false, reply);
}

/* Answers with the run, once it has ended if the client wants to wait. */
static void show(const struct http_request *request, bool samples,
		 struct http_reply *reply)
{
	struct store *store = request->context;
	struct problem problem;
	struct run_head head;
	uint64_t seconds = 0;

	if (find_run(store, request->id, &head, &problem) ||
	    query_number(request, "wait", 0, LIMIT_WAIT_SECONDS, &seconds,
			 &problem))
		reply_problem(reply, &problem);
	else if (!seconds || request->waited || run_has_ended(&head))
		run_reply(store, request->id, MHD_HTTP_OK, samples, reply);
	else
		reply->wait_seconds = (unsigned int)seconds;
}

void run_get(const struct http_request *request, struct http_reply *reply)
{
	show(request, false, reply);
}

void samples_get(const struct http_request *request, struct http_reply *reply)
{
	show(request, true, reply);
}

void run_delete(const struct http_request *request, struct http_reply *reply)
{
	struct store *store = request->context;
	struct problem problem;
	struct phyr_error error;
	int ret = store_delete(store, request->id, &error);

	if (!ret) {
		reply->status = MHD_HTTP_NO_CONTENT;
		return;
	}
	if (ret == -ENOENT)
		find_run_refuse(store, request->id, &problem);
	else if (ret == -EBUSY)
		problem_set(&problem, MHD_HTTP_CONFLICT,
			    "Run %llu has not ended; cancel it first",
			    (unsigned long long)request->id);
	else
		problem_set_error(&problem, ret, &error);
	reply_problem(reply, &problem);
}

void run_cancel(const struct http_request *request, struct http_reply *reply)
{
	struct store *store = request->context;
	struct problem problem;
	struct phyr_error error;
	int ret = store_cancel(store, request->id, &error);

	if (!ret) {
		run_reply(store, request->id, MHD_HTTP_ACCEPTED, false, reply);
		return;
	}
	if (ret == -ENOENT)
		find_run_refuse(store, request->id, &problem);
	else if (ret == -EALREADY)
		problem_set(&problem, MHD_HTTP_CONFLICT,
			    "Run %llu has ended already",
			    (unsigned long long)request->id);
	else
		problem_set_error(&problem, ret, &error);
	reply_problem(reply, &problem);
}
