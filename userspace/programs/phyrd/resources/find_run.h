/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FIND_RUN_H
#define FIND_RUN_H

#include "problem.h"
#include "request.h"
#include "store.h"

/**
 * find_run() - look a run up
 *
 * Return: 0, or -1 and 404, 410 or 500 in @problem.
 */
int find_run(struct store *store, uint64_t id, struct run_head *head,
	     struct problem *problem);

/**
 * find_run_refuse() - why there is no run of that id
 *
 * Return: -1 and 404 or 410 in @problem.
 */
int find_run_refuse(struct store *store, uint64_t id, struct problem *problem);

/**
 * find_ended_run() - the ended run that a query parameter names
 *
 * Return: 0, or -1 and the problem, also 409 if it has not ended.
 */
int find_ended_run(struct store *store, const struct http_request *request,
		   const char *parameter, struct run_head *head,
		   struct problem *problem);

#endif
