// SPDX-License-Identifier: GPL-2.0-only
/* The list of runs, and adding one to it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <microhttpd.h>

#include "query.h"
#include "resources.h"
#include "run.h"
#include "run_request_parse.h"
#include "run_search.h"

/* Room for three bytes of each of the words, and what separates them. */
#define SEARCH_ROOM (LIMIT_SEARCH_WORDS * (3 * LIMIT_NAME_BYTES + 3))

/* As in a query, with a plus sign between two words. */
static void escape(const struct run_search *search, char text[SEARCH_ROOM])
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	size_t len = 0;

	for (size_t i = 0; i < search->n; i++) {
		if (i)
			text[len++] = '+';
		for (const char *c = search->words[i]; *c; c++) {
			if (strchr(plain, *c))
				text[len++] = *c;
			else
				len += (size_t)sprintf(text + len, "%%%02X",
						       (unsigned char)*c);
		}
	}
	text[len] = '\0';
}

static json_t *render_page(const struct run_head *heads, size_t n,
			   uint64_t limit, const struct run_search *search)
{
	char words[SEARCH_ROOM];
	json_t *runs = json_array();
	json_t *next = NULL;

	escape(search, words);
	for (size_t i = 0; i < n && i < limit; i++)
		json_array_append_new(runs, run_head_render(&heads[i]));
	if (n > limit)
		next = json_sprintf(RUNS_PATH "?limit=%llu&before=%llu%s%s",
				    (unsigned long long)limit,
				    (unsigned long long)heads[limit - 1].id,
				    search->n ? "&search=" : "", words);
	return json_pack("{s:o, s:o}", "runs", runs, "next",
			 next ? next : json_null());
}

void runs_get(const struct http_request *request, struct http_reply *reply)
{
	uint64_t limit = DEFAULT_PAGE, before = INT64_MAX;
	struct run_search search;
	struct run_head *heads;
	struct problem problem;
	struct phyr_error error;
	size_t n;
	int ret;

	if (query_number(request, "limit", 1, LIMIT_PAGE, &limit, &problem) ||
	    query_number(request, "before", 1, INT64_MAX, &before, &problem) ||
	    run_search_parse(query_find(request, "search"), &search,
			     &problem)) {
		reply_problem(reply, &problem);
		return;
	}
	/* One more, which tells whether there is a next page. */
	heads = calloc(limit + 1, sizeof(*heads));
	ret = heads ? run_search(&search, request->context, before, heads,
				 limit + 1, &n, &error)
		    : phyr_error_set(&error, -ENOMEM, "out of memory");
	if (ret) {
		problem_set_error(&problem, ret, &error);
		reply_problem(reply, &problem);
	} else {
		reply_json(reply, MHD_HTTP_OK,
			   render_page(heads, n, limit, &search));
	}
	free(heads);
}

static int add_run(const struct http_request *request, uint64_t *id,
		   struct problem *problem)
{
	struct run_request *wanted;
	struct phyr_error error;
	int ret;

	wanted = malloc(sizeof(*wanted));
	if (!wanted)
		return problem_set(problem, MHD_HTTP_SERVICE_UNAVAILABLE,
				   "Out of memory");
	ret = run_request_parse(request->body, request->body_len, wanted,
				problem);
	if (ret)
		goto free;
	ret = store_add(request->context, wanted, id, &error);
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
	free(wanted);
	return ret;
}

void runs_post(const struct http_request *request, struct http_reply *reply)
{
	struct problem problem;
	uint64_t id;

	if (add_run(request, &id, &problem))
		reply_problem(reply, &problem);
	else
		run_reply_created(request->context, id, reply);
}
