// SPDX-License-Identifier: GPL-2.0-only
/* Takes a request to the handler of its route, or refuses it. */
#include <string.h>
#include <microhttpd.h>

#include "body.h"
#include "guard.h"
#include "limits.h"
#include "query.h"
#include "service.h"

const struct route *service_find(const struct service *service,
				 const struct http_request *request)
{
	uint64_t id;

	return service->find(request->path, &id);
}

size_t service_body_limit(const struct route *route)
{
	return route && route->body_limit ? route->body_limit
					  : LIMIT_BODY_BYTES;
}

static handler *find_handler(const struct route *route, const char *method)
{
	if (!strcmp(method, "GET") || !strcmp(method, "HEAD"))
		return route->get;
	if (!strcmp(method, "POST"))
		return route->post;
	if (!strcmp(method, "PATCH"))
		return route->patch;
	return strcmp(method, "DELETE") ? NULL : route->delete;
}

static void refuse_path(const struct service *service, const char *path,
			struct http_reply *reply)
{
	struct problem problem;

	problem_set(&problem, MHD_HTTP_NOT_FOUND,
		    "There is nothing at %.128s; see %s", path,
		    service->description);
	reply_problem(reply, &problem);
}

static void refuse_method(const struct route *route, const char *method,
			  struct http_reply *reply)
{
	struct problem problem;

	if (route->get)
		strcat(reply->allow, "GET, HEAD");
	if (route->post)
		strcat(reply->allow, *reply->allow ? ", POST" : "POST");
	if (route->delete)
		strcat(reply->allow, *reply->allow ? ", DELETE" : "DELETE");
	if (route->patch)
		strcat(reply->allow, *reply->allow ? ", PATCH" : "PATCH");
	problem_set(&problem, MHD_HTTP_METHOD_NOT_ALLOWED,
		    "%.32s is not allowed here; these are: %s", method,
		    reply->allow);
	reply_problem(reply, &problem);
}

bool service_is_slow(const struct route *route,
		     const struct http_request *request)
{
	handler *handle = route ? find_handler(route, request->method) : NULL;

	return handle &&
	       (route->slow || handle != route->get ||
		(route->slow_query && query_find(request, route->slow_query)));
}

bool service_refuses(const struct service *service,
		     struct http_request *request, unsigned long long bytes,
		     struct http_reply *reply)
{
	const struct route *route = service->find(request->path, &request->id);
	handler *handle = route ? find_handler(route, request->method) : NULL;
	const char *const *query = NULL;
	struct problem problem;

	if (handle && (handle == route->get || !route->get))
		query = route->query;
	*reply = (struct http_reply){ 0 };
	if (guard_check(service, request, route && route->open, &problem)) {
		reply->challenge = problem.status == MHD_HTTP_UNAUTHORIZED;
		reply_problem(reply, &problem);
	} else if (!route) {
		refuse_path(service, request->path, reply);
	} else if (!handle) {
		refuse_method(route, request->method, reply);
	} else if (query_check(request, query, &problem)) {
		reply_problem(reply, &problem);
	} else if (bytes > service_body_limit(route)) {
		reply_body_too_long(reply, bytes, service_body_limit(route));
	} else if ((handle == route->patch ||
		    (handle == route->post && route->json)) &&
		   body_check_type(request, &problem)) {
		reply_problem(reply, &problem);
	} else {
		return false;
	}
	return true;
}

void service_handle(const struct service *service, struct http_request *request,
		    struct http_reply *reply)
{
	request->context = service->context;
	if (service_refuses(service, request, request->body_len, reply))
		return;
	find_handler(service_find(service, request), request->method)(request,
								      reply);
}
