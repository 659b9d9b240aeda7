// SPDX-License-Identifier: GPL-2.0-only
/* Takes a document of Google Benchmark in as a run, and a comparison as two. */
#include <stdio.h>
#include <string.h>
#include <microhttpd.h>

#include "comparison.h"
#include "gbench.h"
#include "query.h"
#include "resources.h"
#include "run.h"

/* What the client wants, else what the file says, else what the client falls back to. */
static int choose_name(const struct http_request *request,
		       const struct gbench *gbench, struct run_head *head,
		       struct problem *problem)
{
	const char *field = "name", *name = query_find(request, field);
	char what[32];
	json_t *utf8;

	if (!name && gbench->named)
		name = gbench->name;
	if (!name) {
		field = "default_name";
		name = query_find(request, field);
	}
	if (!name)
		name = gbench->kernel;
	if (strlen(name) > LIMIT_NAME_BYTES) {
		snprintf(what, sizeof(what), "%zu bytes", strlen(name));
		return problem_set_limit(problem,
					 MHD_HTTP_UNPROCESSABLE_CONTENT, field,
					 what, LIMIT_NAME_BYTES);
	}
	utf8 = json_string(name);
	if (!utf8)
		return problem_set_field(problem, field, "not UTF-8");
	json_decref(utf8);
	strcpy(head->name, name);
	return 0;
}

static int import(const struct http_request *request,
		  const struct gbench *gbench, uint64_t *id,
		  struct problem *problem)
{
	struct run_head head = { .workloads = gbench->n,
				 .finished = gbench->n };
	struct phyr_error error;
	int ret;

	if (choose_name(request, gbench, &head, problem))
		return -1;
	strcpy(head.tags, gbench->tags);
	strcpy(head.notes, gbench->notes);
	strcpy(head.kernel, gbench->kernel);
	strcpy(head.clock, gbench->clock);
	ret = store_import(request->context, &head, gbench->context,
			   gbench->results, gbench->n, &error);
	*id = ret ? 0 : head.id;
	return ret ? problem_set_error(problem, ret, &error) : 0;
}

static void import_document(const struct http_request *request,
			    struct http_reply *reply)
{
	struct problem problem;
	struct gbench gbench;
	uint64_t id;
	int ret = -1;

	if (!gbench_parse(request->body, request->body_len, &gbench,
			  &problem)) {
		ret = import(request, &gbench, &id, &problem);
		gbench_clear(&gbench);
	}
	if (ret)
		reply_problem(reply, &problem);
	else
		run_reply_created(request->context, id, reply);
}

/* Both or none. */
static int import_sides(const struct http_request *request,
			const struct gbench sides[2], uint64_t ids[2],
			struct problem *problem)
{
	struct phyr_error error;

	if (query_find(request, "name"))
		return problem_set_field(
			problem, "name",
			"a comparison is two runs, which it names itself");
	for (int i = 0; i < 2; i++) {
		if (!sides[i].n ||
		    !import(request, &sides[i], &ids[i], problem))
			continue;
		if (ids[0])
			store_delete(request->context, ids[0], &error);
		return -1;
	}
	return 0;
}

static void import_comparison(const struct http_request *request,
			      struct http_reply *reply)
{
	struct problem problem;
	struct gbench sides[2];
	uint64_t ids[2] = { 0 };
	int ret = -1;

	if (!comparison_parse(request->body, request->body_len, sides,
			      &problem)) {
		ret = import_sides(request, sides, ids, &problem);
		for (int i = 0; i < 2; i++)
			gbench_clear(&sides[i]);
	}
	if (ret) {
		reply_problem(reply, &problem);
	} else if (!ids[0] || !ids[1]) {
		run_reply_created(request->context, ids[0] ? ids[0] : ids[1],
				  reply);
	} else {
		snprintf(reply->location, sizeof(reply->location),
			 "/api/v1/compare?base=%llu&head=%llu",
			 (unsigned long long)ids[0],
			 (unsigned long long)ids[1]);
		reply_json(reply, MHD_HTTP_CREATED,
			   json_pack("{s:I, s:I}", "base", (json_int_t)ids[0],
				     "head", (json_int_t)ids[1]));
	}
}

void import_post(const struct http_request *request, struct http_reply *reply)
{
	struct problem problem;
	int ret = comparison_recognize(request->body, request->body_len,
				       &problem);

	if (ret < 0)
		reply_problem(reply, &problem);
	else if (ret)
		import_comparison(request, reply);
	else
		import_document(request, reply);
}
