// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <microhttpd.h>

#include "events.h"
#include "query.h"
#include "routes.h"
#include "run_stream.h"

int route_check_json(const struct api_call *call, struct problem *problem)
{
	static const char json[] = "application/json";
	size_t len = sizeof(json) - 1;

	if (call->content_type && !strncasecmp(call->content_type, json, len) &&
	    strchr("; ", call->content_type[len]))
		return 0;
	return problem_set(
		problem, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
		"The body must be sent with Content-Type: application/json");
}

static int refuse_id(struct store *store, uint64_t id, struct problem *problem)
{
	if (!id || id > store_last_id(store))
		return problem_set(problem, MHD_HTTP_NOT_FOUND,
				   "There is no run %llu",
				   (unsigned long long)id);
	return problem_set(
		problem, MHD_HTTP_GONE,
		"Run %llu has been deleted or forgotten: the last %u runs that have ended are kept",
		(unsigned long long)id, store_history(store));
}

int route_find_run(struct store *store, uint64_t id, struct run_head *head,
		   struct problem *problem)
{
	struct phyr_error error;
	int ret = store_find(store, id, head, &error);

	if (ret == -ENOENT)
		return refuse_id(store, id, problem);
	return ret ? problem_set_error(problem, ret, &error) : 0;
}

int route_find_ended(struct store *store, const struct api_call *call,
		     const char *parameter, struct run_head *head,
		     struct problem *problem)
{
	uint64_t id = 0;

	if (query_number(call, parameter, 1, INT64_MAX, &id, problem))
		return -1;
	if (!id)
		return problem_set_field(problem, parameter,
					 "missing, but must be a run's id");
	if (route_find_run(store, id, head, problem)) {
		snprintf(problem->field, sizeof(problem->field), "%s",
			 parameter);
		return -1;
	}
	if (run_has_ended(head))
		return 0;
	problem_set(problem, MHD_HTTP_CONFLICT, "Run %llu is still %s",
		    (unsigned long long)id, run_state_name(head->state));
	snprintf(problem->field, sizeof(problem->field), "%s", parameter);
	return -1;
}

static void answer_run(struct store *store, uint64_t id, unsigned int status,
		       bool samples, struct api_reply *reply)
{
	struct problem problem;
	struct run_head head;

	if (route_find_run(store, id, &head, &problem))
		api_refuse(reply, &problem);
	else
		api_answer_stream(reply, status,
				  run_stream_create(store, &head, samples));
}

void route_answer_created(struct store *store, uint64_t id,
			  struct api_reply *reply)
{
	snprintf(reply->location, sizeof(reply->location), RUNS_PATH "/%llu",
		 (unsigned long long)id);
	answer_run(store, id, MHD_HTTP_CREATED, false, reply);
}

static json_t *render_page(const struct run_head *heads, size_t n,
			   uint64_t limit)
{
	json_t *runs = json_array();
	json_t *next = NULL;

	for (size_t i = 0; i < n && i < limit; i++)
		json_array_append_new(runs, run_head_render(&heads[i]));
	if (n > limit)
		next = json_sprintf(RUNS_PATH "?limit=%llu&before=%llu",
				    (unsigned long long)limit,
				    (unsigned long long)heads[limit - 1].id);
	return json_pack("{s:o, s:o}", "runs", runs, "next",
			 next ? next : json_null());
}

void route_list_runs(struct api *api, const struct api_call *call, uint64_t id,
		     struct api_reply *reply)
{
	uint64_t limit = DEFAULT_PAGE, before = INT64_MAX;
	struct run_head *heads;
	struct problem problem;
	struct phyr_error error;
	size_t n;
	int ret;

	(void)id;
	if (query_number(call, "limit", 1, LIMIT_PAGE, &limit, &problem) ||
	    query_number(call, "before", 1, INT64_MAX, &before, &problem)) {
		api_refuse(reply, &problem);
		return;
	}
	/* One more, which tells whether there is a next page. */
	heads = calloc(limit + 1, sizeof(*heads));
	ret = heads ? store_list(api->store, before, heads, limit + 1, &n,
				 &error)
		    : phyr_error_set(&error, -ENOMEM, "out of memory");
	if (ret) {
		problem_set_error(&problem, ret, &error);
		api_refuse(reply, &problem);
	} else {
		api_answer(reply, MHD_HTTP_OK, render_page(heads, n, limit));
	}
	free(heads);
}

static int add_run(struct store *store, const struct api_call *call,
		   uint64_t *id, struct problem *problem)
{
	struct request *request;
	struct phyr_error error;
	int ret;

	if (route_check_json(call, problem))
		return -1;
	request = malloc(sizeof(*request));
	if (!request)
		return problem_set(problem, MHD_HTTP_SERVICE_UNAVAILABLE,
				   "Out of memory");
	ret = request_parse(call->body, call->body_len, request, problem);
	if (ret)
		goto free;
	ret = store_add(store, request, id, &error);
	if (ret == -EAGAIN) {
		problem_set(
			problem, MHD_HTTP_SERVICE_UNAVAILABLE,
			"%d runs wait already, which is the limit; try again when one has ended",
			LIMIT_QUEUE);
		problem->limit = LIMIT_QUEUE;
	} else if (ret) {
		problem_set_error(problem, ret, &error);
	}
free:
	free(request);
	return ret;
}

void route_add_run(struct api *api, const struct api_call *call, uint64_t id,
		   struct api_reply *reply)
{
	struct problem problem;

	if (add_run(api->store, call, &id, &problem))
		api_refuse(reply, &problem);
	else
		route_answer_created(api->store, id, reply);
}

/* True if the answer has to wait for the run to end. */
static bool waits(struct store *store, const struct api_call *call, uint64_t id,
		  struct api_reply *reply)
{
	struct problem problem;
	struct run_head head;
	uint64_t seconds = 0;

	if (route_find_run(store, id, &head, &problem) ||
	    query_number(call, "wait", 0, LIMIT_WAIT_SECONDS, &seconds,
			 &problem)) {
		api_refuse(reply, &problem);
		return true;
	}
	if (!seconds || call->waited || run_has_ended(&head))
		return false;
	reply->wait_id = id;
	reply->wait_seconds = (unsigned int)seconds;
	return true;
}

void route_show_run(struct api *api, const struct api_call *call, uint64_t id,
		    struct api_reply *reply)
{
	if (!waits(api->store, call, id, reply))
		answer_run(api->store, id, MHD_HTTP_OK, false, reply);
}

void route_show_samples(struct api *api, const struct api_call *call,
			uint64_t id, struct api_reply *reply)
{
	if (!waits(api->store, call, id, reply))
		answer_run(api->store, id, MHD_HTTP_OK, true, reply);
}

void route_delete_run(struct api *api, const struct api_call *call, uint64_t id,
		      struct api_reply *reply)
{
	struct problem problem;
	struct phyr_error error;
	int ret = store_delete(api->store, id, &error);

	(void)call;
	if (!ret) {
		reply->status = MHD_HTTP_NO_CONTENT;
		return;
	}
	if (ret == -ENOENT)
		refuse_id(api->store, id, &problem);
	else if (ret == -EBUSY)
		problem_set(&problem, MHD_HTTP_CONFLICT,
			    "Run %llu has not ended; cancel it first",
			    (unsigned long long)id);
	else
		problem_set_error(&problem, ret, &error);
	api_refuse(reply, &problem);
}

void route_cancel_run(struct api *api, const struct api_call *call, uint64_t id,
		      struct api_reply *reply)
{
	struct problem problem;
	struct phyr_error error;
	int ret = store_cancel(api->store, id, &error);

	(void)call;
	if (!ret) {
		answer_run(api->store, id, MHD_HTTP_ACCEPTED, false, reply);
		return;
	}
	if (ret == -ENOENT)
		refuse_id(api->store, id, &problem);
	else if (ret == -EALREADY)
		problem_set(&problem, MHD_HTTP_CONFLICT,
			    "Run %llu has ended already",
			    (unsigned long long)id);
	else
		problem_set_error(&problem, ret, &error);
	api_refuse(reply, &problem);
}

void route_follow_run(struct api *api, const struct api_call *call, uint64_t id,
		      struct api_reply *reply)
{
	struct problem problem;
	struct run_head head;

	(void)call;
	if (route_find_run(api->store, id, &head, &problem)) {
		api_refuse(reply, &problem);
		return;
	}
	api_answer_stream(reply, MHD_HTTP_OK, events_create(api->store, id));
	if (reply->stream)
		reply->type = "text/event-stream";
}
