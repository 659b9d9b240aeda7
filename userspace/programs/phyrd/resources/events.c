// SPDX-License-Identifier: GPL-2.0-only
/* What becomes of a run while it is measured, as server-sent events. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <microhttpd.h>

#include <phyr/clock.h>

#include "find_run.h"
#include "query.h"
#include "resources.h"

#define COMMENT_NS UINT64_C(15000000000)

/*
 * progress: the run's head, at first and at every change, also of how many
 * samples are there of the workload that is being measured. result: index and
 * result, for each that is there or comes. end: the head, at last. The id of an
 * event is the number of results told so far, of which a client that comes back
 * says the last: it gets the others. A comment now and then finds out whether
 * the client is still there.
 */
struct events {
	struct stream stream;
	struct store *store;
	uint64_t id;
	bool begun;
	enum run_state state; /* as told last */
	size_t finished; /* as told last */
	unsigned int samples; /* as told last */
	size_t results; /* told */
	uint64_t told_ns; /* when anything was told last */
};

static void add_event(const struct events *events, struct text *text,
		      const char *event, json_t *data)
{
	text_add(text, "id: %zu\nevent: %s\ndata: ", events->results, event);
	text_add_json(text, data);
	text_add(text, "\n\n");
}

static int add_result(struct events *events, struct text *text)
{
	struct phyr_error error;
	size_t n;
	int ret;

	text_add(text,
		 "id: %zu\nevent: result\ndata: {\"index\":%zu,\"result\":",
		 events->results + 1, events->results);
	ret = store_result(events->store, events->id, events->results, text, &n,
			   &error);
	text_add(text, "}\n\n");
	events->results++;
	return ret;
}

/* Adds one event, if there is one to be told. */
static int add_news(struct events *events, const struct run_head *head,
		    struct text *text)
{
	if (!events->begun || head->state != events->state ||
	    head->finished != events->finished ||
	    head->samples != events->samples) {
		events->begun = true;
		events->state = head->state;
		events->finished = head->finished;
		events->samples = head->samples;
		add_event(events, text, "progress", run_head_render(head));
		return 1;
	}
	if (events->results < head->finished) {
		int ret = add_result(events, text);

		return ret ? ret : 1;
	}
	if (run_has_ended(head)) {
		add_event(events, text, "end", run_head_render(head));
		return 0;
	}
	return -EAGAIN;
}

static int next(struct stream *stream, struct text *text)
{
	struct events *events = (struct events *)stream;
	uint64_t now = phyr_clock_ns();
	struct phyr_error error;
	struct run_head head;
	int ret;

	ret = store_find(events->store, events->id, &head, &error);
	if (ret)
		return ret;
	ret = add_news(events, &head, text);
	if (ret == -EAGAIN && now - events->told_ns > COMMENT_NS) {
		text_add(text, ": still %s\n\n", run_state_name(head.state));
		ret = 1;
	}
	if (ret >= 0)
		events->told_ns = now;
	return text->failed ? -ENOMEM : ret;
}

static void destroy(struct stream *stream)
{
	free(stream);
}

static struct stream *create(struct store *store, const struct run_head *head,
			     const char *last_event)
{
	struct events *events = calloc(1, sizeof(*events));
	uint64_t told = 0;

	if (!events)
		return NULL;
	if (last_event)
		query_parse_number(last_event, &told);
	events->results = told < head->finished ? told : head->finished;
	events->stream.next = next;
	events->stream.destroy = destroy;
	events->store = store;
	events->id = head->id;
	events->told_ns = phyr_clock_ns();
	return &events->stream;
}

void events_get(const struct http_request *request, struct http_reply *reply)
{
	struct store *store = request->context;
	struct problem problem;
	struct run_head head;

	if (find_run(store, request->id, &head, &problem)) {
		reply_problem(reply, &problem);
		return;
	}
	reply_stream(reply, MHD_HTTP_OK,
		     create(store, &head, request->last_event));
	if (reply->stream)
		reply->type = "text/event-stream";
}
