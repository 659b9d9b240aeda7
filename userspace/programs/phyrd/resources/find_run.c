// SPDX-License-Identifier: GPL-2.0-only
/* Finds the run that an HTTP request is about, or says why there is none. */
#include <errno.h>
#include <stdio.h>
#include <microhttpd.h>

#include "find_run.h"
#include "query.h"

int find_run_refuse(struct store *store, uint64_t id, struct problem *problem)
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

int find_run(struct store *store, uint64_t id, struct run_head *head,
	     struct problem *problem)
{
	struct phyr_error error;
	int ret = store_find(store, id, head, &error);

	if (ret == -ENOENT)
		return find_run_refuse(store, id, problem);
	return ret ? problem_set_error(problem, ret, &error) : 0;
}

int find_ended_run(struct store *store, const struct http_request *request,
		   const char *parameter, struct run_head *head,
		   struct problem *problem)
{
	uint64_t id = 0;

	if (query_number(request, parameter, 1, INT64_MAX, &id, problem))
		return -1;
	if (!id)
		return problem_set_field(problem, parameter,
					 "missing, but must be a run's id");
	if (find_run(store, id, head, problem)) {
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
