/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ROUTES_H
#define ROUTES_H

#include "api.h"

#define RUNS_PATH "/api/v1/runs"
#define IMPORT_PATH "/api/v1/import"

/*
 * What answers a method at a path; @id is the number in the path, or 0. The
 * guard, the query's names and the size of the body have been checked.
 */
typedef void handler(struct api *api, const struct api_call *call, uint64_t id,
		     struct api_reply *reply);

/* routes_runs.c */
handler route_list_runs, route_add_run, route_show_run, route_delete_run,
	route_cancel_run, route_show_samples, route_follow_run;
/* compare.c, export.c, import.c */
handler route_compare, route_export, route_import;

/**
 * route_is_json() - is the body said to be JSON? Web pages may post anything
 *	else to any host without asking it, see CORS
 */
int route_check_json(const struct api_call *call, struct problem *problem);

/**
 * route_find_run() - look a run up
 *
 * Return: 0, or -1 and 404, 410 or 500 in @problem.
 */
int route_find_run(struct store *store, uint64_t id, struct run_head *head,
		   struct problem *problem);

/**
 * route_find_ended() - the ended run that a query parameter names
 *
 * Return: 0, or -1 and the problem, also 409 if it has not ended.
 */
int route_find_ended(struct store *store, const struct api_call *call,
		     const char *parameter, struct run_head *head,
		     struct problem *problem);

/**
 * route_answer_created() - 201 with the run and its Location
 */
void route_answer_created(struct store *store, uint64_t id,
			  struct api_reply *reply);

#endif
