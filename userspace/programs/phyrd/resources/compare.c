// SPDX-License-Identifier: GPL-2.0-only
/* Two runs of the store compared. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <microhttpd.h>

#include "find_run.h"
#include "resources.h"
#include "two_runs.h"

struct side {
	struct two_runs_side side;
	struct store *store;
	struct run_head head;
};

static int read_samples(const struct two_runs_side *two, size_t position,
			uint64_t *samples)
{
	const struct side *side = (const struct side *)two;
	struct phyr_error error;

	return store_samples(side->store, side->head.id, position, 0, samples,
			     two->results[position].n, &error);
}

static int side_load(struct side *side, struct phyr_error *error)
{
	struct two_runs_side *two = &side->side;
	int ret = 0;

	two->read = read_samples;
	two->n = side->head.finished;
	two->head = run_head_render(&side->head);
	two->results = calloc(two->n + 1, sizeof(*two->results));
	if (!two->results)
		return phyr_error_set(error, -ENOMEM, "out of memory");
	for (size_t i = 0; i < two->n && !ret; i++) {
		struct text text = { 0 };

		ret = store_result(side->store, side->head.id, i, &text,
				   &two->results[i].n, error);
		if (!ret)
			two->results[i].document =
				json_loadb(text.data, text.len, 0, NULL);
		if (!ret && !two->results[i].document)
			ret = phyr_error_set(
				error, -EBADMSG,
				"result %zu of run %llu is damaged", i,
				(unsigned long long)side->head.id);
		text_clear(&text);
	}
	return ret;
}

static int find_sides(const struct http_request *request, struct side *base,
		      struct side *head, struct problem *problem)
{
	if (find_ended_run(base->store, request, "base", &base->head,
			   problem) ||
	    find_ended_run(head->store, request, "head", &head->head, problem))
		return -1;
	if (strcmp(base->head.clock, head->head.clock))
		return problem_set_field(
			problem, "head",
			"run %llu has clock \"%s\", but run %llu has clock \"%s\", and they measure different things",
			(unsigned long long)head->head.id, head->head.clock,
			(unsigned long long)base->head.id, base->head.clock);
	return 0;
}

void compare_get(const struct http_request *request, struct http_reply *reply)
{
	struct side base = { .store = request->context };
	struct side head = { .store = request->context };
	json_t *comparison = NULL;
	struct problem problem;
	struct phyr_error error;
	int ret;

	if (find_sides(request, &base, &head, &problem)) {
		reply_problem(reply, &problem);
		return;
	}
	ret = side_load(&base, &error);
	if (!ret)
		ret = side_load(&head, &error);
	if (!ret)
		comparison = two_runs_compare(&base.side, &head.side, &error);
	if (comparison) {
		reply_json(reply, MHD_HTTP_OK, comparison);
	} else {
		problem_set_error(&problem, -error.code, &error);
		reply_problem(reply, &problem);
	}
	two_runs_clear(&base.side);
	two_runs_clear(&head.side);
}
