// SPDX-License-Identifier: GPL-2.0-only
/* What people say about a run, and what was asked for. */
#include <errno.h>
#include <stdio.h>
#include <microhttpd.h>

#include "body.h"
#include "find_run.h"
#include "resources.h"
#include "run.h"
#include "run_words.h"

static int parse(const struct http_request *request, struct run_head *head,
		 struct problem *problem)
{
	static const char *const known[] = { "name", "tags", "notes", NULL };
	char what[32];
	json_t *json;
	int ret;

	if (request->body_len > LIMIT_PART_BYTES) {
		snprintf(what, sizeof(what), "%zu bytes", request->body_len);
		return problem_set_limit(problem, MHD_HTTP_CONTENT_TOO_LARGE,
					 "body", what, LIMIT_PART_BYTES);
	}
	json = body_parse(request->body, request->body_len, problem);
	if (!json)
		return -1;
	if (!json_is_object(json))
		ret = problem_set(problem, MHD_HTTP_UNPROCESSABLE_CONTENT,
				  "The body is %s, but must be an object",
				  body_type_name(json));
	else
		ret = run_words_refuse_others(json, "", known, problem);
	if (!ret)
		ret = run_words_name(json, head->name, problem);
	if (!ret)
		ret = run_words_tags(json, head->tags, problem);
	if (!ret)
		ret = run_words_notes(json, head->notes, problem);
	json_decref(json);
	return ret;
}

void run_patch(const struct http_request *request, struct http_reply *reply)
{
	struct store *store = request->context;
	struct problem problem;
	struct phyr_error error;
	struct run_head head;
	int ret;

	if (find_run(store, request->id, &head, &problem) ||
	    parse(request, &head, &problem)) {
		reply_problem(reply, &problem);
		return;
	}
	ret = store_describe(store, &head, &error);
	if (!ret) {
		run_reply(store, request->id, MHD_HTTP_OK, false, reply);
		return;
	}
	if (ret == -ENOENT)
		find_run_refuse(store, request->id, &problem);
	else
		problem_set_error(&problem, ret, &error);
	reply_problem(reply, &problem);
}

void request_get(const struct http_request *request, struct http_reply *reply)
{
	struct store *store = request->context;
	struct text text = { 0 };
	struct problem problem;
	struct phyr_error error;
	struct run_head head;
	json_t *json = NULL;
	int ret;

	if (find_run(store, request->id, &head, &problem)) {
		reply_problem(reply, &problem);
		return;
	}
	ret = store_request(store, request->id, &text, &error);
	if (!ret)
		json = json_loadb(text.data, text.len, 0, NULL);
	text_clear(&text);
	if (json) {
		reply_json(reply, MHD_HTTP_OK, json);
		return;
	}
	if (ret == -ENOENT)
		problem_set(
			&problem, MHD_HTTP_NOT_FOUND,
			"What run %llu was asked for is not known: it was imported, or is from an earlier phyrd",
			(unsigned long long)request->id);
	else
		problem_set_error(&problem, ret ? ret : -EBADMSG, &error);
	reply_problem(reply, &problem);
}
