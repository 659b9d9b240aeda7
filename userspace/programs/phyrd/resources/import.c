// SPDX-License-Identifier: GPL-2.0-only
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <microhttpd.h>

#include "gbench.h"
#include "query.h"
#include "routes.h"

static int choose_name(const struct api_call *call, const struct gbench *gbench,
		       struct run_head *head, struct problem *problem)
{
	const char *name = query_find(call, "name");
	char what[32];
	json_t *utf8;

	if (!name)
		name = gbench->kernel;
	if (strlen(name) > LIMIT_NAME_BYTES) {
		snprintf(what, sizeof(what), "%zu bytes", strlen(name));
		return problem_set_limit(problem,
					 MHD_HTTP_UNPROCESSABLE_CONTENT, "name",
					 what, LIMIT_NAME_BYTES);
	}
	utf8 = json_string(name);
	if (!utf8)
		return problem_set_field(problem, "name", "not UTF-8");
	json_decref(utf8);
	strcpy(head->name, name);
	return 0;
}

static int import(struct store *store, const struct api_call *call,
		  const struct gbench *gbench, uint64_t *id,
		  struct problem *problem)
{
	struct run_head head = { .workloads = gbench->n,
				 .finished = gbench->n };
	struct phyr_error error;
	int ret;

	if (choose_name(call, gbench, &head, problem))
		return -1;
	strcpy(head.kernel, gbench->kernel);
	strcpy(head.clock, gbench->clock);
	ret = store_import(store, &head, gbench->context, gbench->results,
			   gbench->n, &error);
	*id = head.id;
	return ret ? problem_set_error(problem, ret, &error) : 0;
}

void route_import(struct api *api, const struct api_call *call, uint64_t id,
		  struct api_reply *reply)
{
	struct problem problem;
	struct gbench gbench;
	int ret = -1;

	if (!route_check_json(call, &problem) &&
	    !gbench_parse(call->body, call->body_len, &gbench, &problem)) {
		ret = import(api->store, call, &gbench, &id, &problem);
		gbench_clear(&gbench);
	}
	/* What a large document took goes back to the system. */
	malloc_trim(0);
	if (ret)
		api_refuse(reply, &problem);
	else
		route_answer_created(api->store, id, reply);
}
