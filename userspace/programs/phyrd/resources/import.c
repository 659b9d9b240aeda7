// SPDX-License-Identifier: GPL-2.0-only
/* Takes a document of Google Benchmark in as a run. */
#include <stdio.h>
#include <string.h>
#include <microhttpd.h>

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
	*id = head.id;
	return ret ? problem_set_error(problem, ret, &error) : 0;
}

void import_post(const struct http_request *request, struct http_reply *reply)
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
