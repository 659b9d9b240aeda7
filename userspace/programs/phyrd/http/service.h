/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SERVICE_H
#define SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reply.h"
#include "request.h"

/*
 * What answers a method at a path. Guard, names in the query and size of the
 * body have been checked.
 */
typedef void handler(const struct http_request *request,
		     struct http_reply *reply);

/**
 * struct route - what is at a path
 * @path: {id} stands for a number
 * @open: needs no token
 * @slow: takes long, or writes: carried out beside other requests
 * @slow_query: a parameter with which it is slow, or NULL
 * @json: a POST has a JSON body, as a PATCH always has
 * @query: NULL-terminated names of the query of GET, and of POST if there is
 *	no GET; or NULL
 * @body_limit: bytes that a request may carry; 0: LIMIT_BODY_BYTES
 * @get: GET, and HEAD, whose body the transport leaves out; or NULL
 * @post: or NULL
 * @delete: or NULL
 * @patch: or NULL
 */
struct route {
	const char *path;
	bool open;
	bool slow;
	const char *slow_query;
	bool json;
	const char *const *query;
	size_t body_limit;
	handler *get;
	handler *post;
	handler *delete;
	handler *patch;
};

/**
 * typedef find_route - look up what is at a path
 * @id: the number in it, else 0
 *
 * Return: NULL if there is nothing.
 */
typedef const struct route *find_route(const char *path, uint64_t *id);

/**
 * struct service - what the transport serves, of which it knows no more
 * @find: its routes
 * @context: for their handlers, see struct http_request
 * @description: path of the document that describes the routes, for those who
 *	ask for another
 * @token: what a client must know, or NULL
 * @host: name under which a proxy serves this, or NULL
 */
struct service {
	find_route *find;
	void *context;
	const char *description;
	const char *token;
	const char *host;
};

/**
 * service_find() - what is at a request's path
 *
 * Return: NULL if there is nothing.
 */
const struct route *service_find(const struct service *service,
				 const struct http_request *request);
size_t service_body_limit(const struct route *route);

/**
 * service_is_slow() - is the request to be carried out beside others?
 */
bool service_is_slow(const struct route *route,
		     const struct http_request *request);

/**
 * service_refuses() - can the request be refused by its headers alone?
 * @bytes: the body has, as far as is known
 * @reply: set if so
 */
bool service_refuses(const struct service *service,
		     struct http_request *request, unsigned long long bytes,
		     struct http_reply *reply);

/**
 * service_handle() - answer a request
 * @request: @id and @context are set here
 * @reply: set in any case; errors are problem documents
 */
void service_handle(const struct service *service, struct http_request *request,
		    struct http_reply *reply);

#endif
