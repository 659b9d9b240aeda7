// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <microhttpd.h>

#include "api.h"
#include "limits.h"
#include "problem.h"
#include "render.h"
#include "system.h"

#define RUNS "/api/v1/runs"

static void answer(struct api_reply *reply, unsigned int status, json_t *body)
{
	reply->status = status;
	reply->body = body;
}

static void refuse(struct api_reply *reply, const struct problem *problem)
{
	answer(reply, problem->status, problem_render(problem));
	reply->problem = true;
}

void api_refuse_body(unsigned long long bytes, struct api_reply *reply)
{
	struct problem problem;
	char what[64];

	*reply = (struct api_reply){ 0 };
	snprintf(what, sizeof(what), "%llu bytes", bytes);
	problem_set_limit(&problem, MHD_HTTP_CONTENT_TOO_LARGE, "body", what,
			  LIMIT_BODY_BYTES);
	refuse(reply, &problem);
}

static void get_system(struct store *store, const struct api_call *call,
		       struct api_reply *reply)
{
	(void)store;
	(void)call;
	answer(reply, MHD_HTTP_OK, system_render());
}

static void get_workloads(struct store *store, const struct api_call *call,
			  struct api_reply *reply)
{
	(void)store;
	(void)call;
	answer(reply, MHD_HTTP_OK, render_workloads());
}

static void get_runs(struct store *store, const struct api_call *call,
		     struct api_reply *reply)
{
	(void)call;
	answer(reply, MHD_HTTP_OK, render_runs(store));
}

/* A number without sign, space or leading zero, up to @max. */
static int parse_number(const char *text, unsigned long long max,
			unsigned long long *number)
{
	size_t len = strlen(text);

	if (!len || len > 18 || strspn(text, "0123456789") != len ||
	    (*text == '0' && len > 1))
		return -EINVAL;
	*number = strtoull(text, NULL, 10);
	return *number > max ? -ERANGE : 0;
}

/* "wait" is the only query that a route allows, and at most once. */
static int parse_wait(const struct api_call *call, unsigned int *seconds,
		      struct problem *problem)
{
	unsigned long long number;
	const char *value;

	*seconds = 0;
	if (!call->query_n)
		return 0;
	value = call->query[0].value ? call->query[0].value : "";
	switch (parse_number(value, LIMIT_WAIT_SECONDS, &number)) {
	case 0:
		*seconds = (unsigned int)number;
		return 0;
	case -ERANGE:
		return problem_set_limit(problem,
					 MHD_HTTP_UNPROCESSABLE_CONTENT, "wait",
					 value, LIMIT_WAIT_SECONDS);
	default:
		return problem_set_field(problem, "wait",
					 "\"%s\" is not a number of seconds",
					 value);
	}
}

static const struct store_record *
find_run(struct store *store, const char *path, struct problem *problem)
{
	const char *text = path + strlen(RUNS "/");
	const struct store_record *record;
	unsigned long long id;

	if (parse_number(text, UINT64_MAX, &id) || !id ||
	    id > store_last_id(store)) {
		problem_set(problem, MHD_HTTP_NOT_FOUND,
			    "There is no run %.32s", text);
		return NULL;
	}
	record = store_find(store, id);
	if (!record)
		problem_set(
			problem, MHD_HTTP_GONE,
			"Run %llu has been forgotten: the last %d runs that have ended are kept",
			id, LIMIT_HISTORY);
	return record;
}

static void get_run(struct store *store, const struct api_call *call,
		    struct api_reply *reply)
{
	const struct store_record *record;
	struct store_progress progress;
	unsigned int seconds = 0;
	struct problem problem;

	record = find_run(store, call->path, &problem);
	if (!record || parse_wait(call, &seconds, &problem)) {
		refuse(reply, &problem);
		return;
	}
	store_progress(store, record, &progress);
	if (seconds && !call->waited && !progress.ended_ns) {
		reply->wait_id = record->id;
		reply->wait_seconds = seconds;
		return;
	}
	answer(reply, MHD_HTTP_OK, render_run(store, record));
}

static bool is_json(const char *content_type)
{
	static const char json[] = "application/json";
	size_t len = sizeof(json) - 1;

	return content_type && !strncasecmp(content_type, json, len) &&
	       strchr("; ", content_type[len]);
}

static int add_run(struct store *store, const struct api_call *call,
		   const struct store_record **record, struct problem *problem)
{
	struct request *request;
	int ret;

	/*
	 * Web pages may post anything but JSON to any host without asking it,
	 * see CORS.
	 */
	if (!is_json(call->content_type))
		return problem_set(
			problem, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
			"The body must be sent with Content-Type: application/json");

	request = malloc(sizeof(*request));
	if (!request)
		return problem_set(problem, MHD_HTTP_SERVICE_UNAVAILABLE,
				   "Out of memory");
	ret = request_parse(call->body, call->body_len, request, problem);
	if (ret)
		goto free;
	ret = store_add(store, request, record);
	if (ret == -EAGAIN) {
		problem_set(
			problem, MHD_HTTP_SERVICE_UNAVAILABLE,
			"%d runs wait already, which is the limit; try again when one has ended",
			LIMIT_QUEUE);
		problem->limit = LIMIT_QUEUE;
	} else if (ret) {
		problem_set(problem, MHD_HTTP_SERVICE_UNAVAILABLE,
			    "Out of memory");
	}
free:
	free(request);
	return ret;
}

static void post_runs(struct store *store, const struct api_call *call,
		      struct api_reply *reply)
{
	const struct store_record *record;
	struct problem problem;

	if (add_run(store, call, &record, &problem)) {
		refuse(reply, &problem);
		return;
	}
	snprintf(reply->location, sizeof(reply->location), RUNS "/%llu",
		 (unsigned long long)record->id);
	answer(reply, MHD_HTTP_CREATED, render_run(store, record));
}

/*
 * Paths that end in '/' stand for everything with one more part. HEAD is
 * answered like GET; the transport leaves the body out.
 */
static const struct route {
	const char *path;
	const char *allow;
	const char *query; /* the one name allowed, or NULL */
	void (*get)(struct store *store, const struct api_call *call,
		    struct api_reply *reply);
	void (*post)(struct store *store, const struct api_call *call,
		     struct api_reply *reply);
} routes[] = {
	{ "/api/v1/system", "GET, HEAD", NULL, get_system, NULL },
	{ "/api/v1/workloads", "GET, HEAD", NULL, get_workloads, NULL },
	{ RUNS, "GET, HEAD, POST", NULL, get_runs, post_runs },
	{ RUNS "/", "GET, HEAD", "wait", get_run, NULL },
};

static const struct route *find_route(const char *path)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		size_t len = strlen(routes[i].path);

		if (!strcmp(path, routes[i].path))
			return routes[i].path[len - 1] == '/' ? NULL
							      : &routes[i];
		if (routes[i].path[len - 1] == '/' &&
		    !strncmp(path, routes[i].path, len) &&
		    !strchr(path + len, '/'))
			return &routes[i];
	}
	return NULL;
}

/* A page that made a name of its own point here must not read our answers. */
static bool is_loopback(const char *host)
{
	struct in_addr address;
	char name[64];
	size_t len;

	if (!host)
		return true;
	len = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
	if (len >= sizeof(name))
		return false;
	memcpy(name, host, len);
	name[len] = '\0';
	if (inet_pton(AF_INET, name, &address) == 1)
		return ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET;
	return !strcasecmp(name, "localhost") || !strcmp(name, "[::1]");
}

static int check_query(const struct route *route, const struct api_call *call,
		       struct problem *problem)
{
	if (call->query_n > 1)
		return problem_set(
			problem, MHD_HTTP_BAD_REQUEST,
			"The query has %zu parts, but at most 1 is understood",
			call->query_n);
	if (call->query_n &&
	    (!route->query || strcmp(call->query[0].name, route->query)))
		return problem_set(problem, MHD_HTTP_BAD_REQUEST,
				   "Unknown query parameter \"%.64s\"",
				   call->query[0].name);
	return 0;
}

void api_handle(struct store *store, const struct api_call *call,
		struct api_reply *reply)
{
	const struct route *route = find_route(call->path);
	struct problem problem;

	*reply = (struct api_reply){ 0 };
	if (!is_loopback(call->host)) {
		problem_set(&problem, MHD_HTTP_FORBIDDEN,
			    "Host \"%.64s\" is not a loopback address",
			    call->host);
		refuse(reply, &problem);
	} else if (!route) {
		problem_set(
			&problem, MHD_HTTP_NOT_FOUND,
			"There is nothing at %.128s; see /api/v1/workloads, /api/v1/runs and /api/v1/system",
			call->path);
		refuse(reply, &problem);
	} else if (check_query(route, call, &problem)) {
		refuse(reply, &problem);
	} else if (call->body_cut) {
		api_refuse_body(call->body_len, reply);
	} else if (!strcmp(call->method, "GET") ||
		   !strcmp(call->method, "HEAD")) {
		route->get(store, call, reply);
	} else if (!strcmp(call->method, "POST") && route->post) {
		route->post(store, call, reply);
	} else {
		problem_set(&problem, MHD_HTTP_METHOD_NOT_ALLOWED,
			    "%.32s is not allowed here; these are: %s",
			    call->method, route->allow);
		refuse(reply, &problem);
		reply->allow = route->allow;
	}
}
