// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <microhttpd.h>

#include "api.h"
#include "asset.h"
#include "catalogue.h"
#include "guard.h"
#include "limits.h"
#include "query.h"
#include "routes.h"
#include "system.h"

void api_answer(struct api_reply *reply, unsigned int status, json_t *body)
{
	reply->status = status;
	reply->type = "application/json";
	text_add_json(&reply->body, body);
}

void api_refuse(struct api_reply *reply, const struct problem *problem)
{
	api_answer(reply, problem->status, problem_render(problem));
	reply->type = "application/problem+json";
}

void api_answer_stream(struct api_reply *reply, unsigned int status,
		       struct stream *stream)
{
	struct problem problem;

	if (!stream) {
		problem_set(&problem, MHD_HTTP_SERVICE_UNAVAILABLE,
			    "Out of memory");
		api_refuse(reply, &problem);
		return;
	}
	reply->status = status;
	reply->type = "application/json";
	reply->stream = stream;
}

size_t api_body_limit(const char *path)
{
	return strcmp(path, IMPORT_PATH) ? LIMIT_BODY_BYTES
					 : LIMIT_IMPORT_BYTES;
}

void api_refuse_body(unsigned long long bytes, size_t limit,
		     struct api_reply *reply)
{
	struct problem problem;
	char what[64];

	*reply = (struct api_reply){ 0 };
	snprintf(what, sizeof(what), "%llu bytes", bytes);
	problem_set_limit(&problem, MHD_HTTP_CONTENT_TOO_LARGE, "body", what,
			  (long long)limit);
	api_refuse(reply, &problem);
}

void api_refuse_bodies(struct api_reply *reply)
{
	struct problem problem;

	*reply = (struct api_reply){ 0 };
	problem_set(
		&problem, MHD_HTTP_SERVICE_UNAVAILABLE,
		"Bodies of %d bytes are under way already, which is the limit; try again",
		LIMIT_BODIES_BYTES);
	problem.limit = LIMIT_BODIES_BYTES;
	api_refuse(reply, &problem);
}

static void get_system(struct api *api, const struct api_call *call,
		       uint64_t id, struct api_reply *reply)
{
	(void)call;
	(void)id;
	api_answer(reply, MHD_HTTP_OK,
		   system_render(store_history(api->store)));
}

static void get_workloads(struct api *api, const struct api_call *call,
			  uint64_t id, struct api_reply *reply)
{
	(void)api;
	(void)call;
	(void)id;
	api_answer(reply, MHD_HTTP_OK, catalogue_render());
}

static void get_health(struct api *api, const struct api_call *call,
		       uint64_t id, struct api_reply *reply)
{
	struct problem problem;
	struct phyr_error error;

	(void)call;
	(void)id;
	if (store_health(api->store, &error)) {
		problem_set(&problem, MHD_HTTP_SERVICE_UNAVAILABLE, "%s",
			    error.message);
		api_refuse(reply, &problem);
	} else {
		api_answer(reply, MHD_HTTP_OK,
			   json_pack("{s:s}", "status", "ok"));
	}
}

static void get_metrics(struct api *api, const struct api_call *call,
			uint64_t id, struct api_reply *reply)
{
	(void)call;
	(void)id;
	reply->status = MHD_HTTP_OK;
	reply->type =
		"application/openmetrics-text; version=1.0.0; charset=utf-8";
	metrics_render(&api->metrics, api->store, &reply->body);
}

static void get_asset(struct api *api, const struct api_call *call, uint64_t id,
		      struct api_reply *reply)
{
	const struct asset *asset = assets;

	(void)api;
	(void)id;
	while (strcmp(asset->path, call->path))
		asset++;
	reply->status = MHD_HTTP_OK;
	reply->type = asset->type;
	reply->constant = asset->data;
	reply->constant_len = asset->len;
}

#define QUERY(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* HEAD is answered like GET; the transport leaves the body out. */
struct route {
	const char *path; /* {id} stands for a number */
	bool open; /* needs no token */
	const char *const *query; /* of GET, and of POST if there is no GET */
	handler *get;
	handler *post;
	handler *delete;
};

static const struct route routes[] = {
	{ "/healthz", true, NULL, get_health, NULL, NULL },
	{ "/metrics", false, NULL, get_metrics, NULL, NULL },
	{ "/api/v1/system", false, NULL, get_system, NULL, NULL },
	{ "/api/v1/workloads", false, NULL, get_workloads, NULL, NULL },
	{ RUNS_PATH, false, QUERY("limit", "before"), route_list_runs,
	  route_add_run, NULL },
	{ RUNS_PATH "/{id}", false, QUERY("wait"), route_show_run, NULL,
	  route_delete_run },
	{ RUNS_PATH "/{id}/cancel", false, NULL, NULL, route_cancel_run, NULL },
	{ RUNS_PATH "/{id}/samples", false, QUERY("wait"), route_show_samples,
	  NULL, NULL },
	{ RUNS_PATH "/{id}/events", false, NULL, route_follow_run, NULL, NULL },
	{ "/api/v1/compare", false, QUERY("base", "head"), route_compare, NULL,
	  NULL },
	{ "/api/v1/export", false, QUERY("run"), route_export, NULL, NULL },
	{ IMPORT_PATH, false, QUERY("name"), NULL, route_import, NULL },
};

static const struct route asset_route = { .open = true, .get = get_asset };

static bool matches(const char *pattern, const char *path, uint64_t *id)
{
	const char *hole = strchr(pattern, '{');
	char number[24];
	size_t before, digits;

	if (!hole)
		return !strcmp(pattern, path);
	before = (size_t)(hole - pattern);
	if (strncmp(pattern, path, before))
		return false;
	digits = strcspn(path + before, "/");
	if (digits >= sizeof(number) ||
	    strcmp(strchr(hole, '}') + 1, path + before + digits))
		return false;
	memcpy(number, path + before, digits);
	number[digits] = '\0';
	return !query_parse_number(number, id);
}

static const struct route *find_route(const char *path, uint64_t *id)
{
	*id = 0;
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (matches(routes[i].path, path, id))
			return &routes[i];
	}
	for (const struct asset *asset = assets; asset->path; asset++) {
		if (!strcmp(asset->path, path))
			return &asset_route;
	}
	return NULL;
}

static handler *find_handler(const struct route *route, const char *method)
{
	if (!strcmp(method, "GET") || !strcmp(method, "HEAD"))
		return route->get;
	if (!strcmp(method, "POST"))
		return route->post;
	return strcmp(method, "DELETE") ? NULL : route->delete;
}

static void refuse_method(const struct route *route, const char *method,
			  struct api_reply *reply)
{
	struct problem problem;

	if (route->get)
		strcat(reply->allow, "GET, HEAD");
	if (route->post)
		strcat(reply->allow, *reply->allow ? ", POST" : "POST");
	if (route->delete)
		strcat(reply->allow, *reply->allow ? ", DELETE" : "DELETE");
	problem_set(&problem, MHD_HTTP_METHOD_NOT_ALLOWED,
		    "%.32s is not allowed here; these are: %s", method,
		    reply->allow);
	api_refuse(reply, &problem);
}

void api_handle(struct api *api, const struct api_call *call,
		struct api_reply *reply)
{
	uint64_t id;
	const struct route *route = find_route(call->path, &id);
	handler *handle = route ? find_handler(route, call->method) : NULL;
	const char *const *query = NULL;
	struct problem problem;

	if (handle && (handle == route->get || !route->get))
		query = route->query;
	*reply = (struct api_reply){ 0 };
	if (guard_check(api, call, route && route->open, &problem)) {
		reply->challenge = problem.status == MHD_HTTP_UNAUTHORIZED;
		api_refuse(reply, &problem);
	} else if (!route) {
		problem_set(
			&problem, MHD_HTTP_NOT_FOUND,
			"There is nothing at %.128s; see /api/v1/openapi.json",
			call->path);
		api_refuse(reply, &problem);
	} else if (!handle) {
		refuse_method(route, call->method, reply);
	} else if (query_check(call, query, &problem)) {
		api_refuse(reply, &problem);
	} else if (call->body_cut) {
		api_refuse_body(call->body_len, api_body_limit(call->path),
				reply);
	} else {
		handle(api, call, id, reply);
	}
}
