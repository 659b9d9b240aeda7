/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef API_H
#define API_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "metrics.h"
#include "problem.h"
#include "store.h"
#include "stream.h"

#define API_QUERY_MAX 4

/**
 * struct api - what all requests share
 * @store: the runs
 * @token: what a client must know, or NULL
 * @metrics: counted by the transport
 */
struct api {
	struct store *store;
	const char *token;
	struct metrics metrics;
};

/**
 * struct api_call - an HTTP request, whole
 * @method: "GET" and the like
 * @path: decoded path without the query
 * @query: names and values of the query; a value may be NULL
 * @query_n: how many; more than API_QUERY_MAX are counted but not kept
 * @host: Host header, or NULL
 * @origin: Origin header, or NULL
 * @authorization: Authorization header, or NULL
 * @content_type: Content-Type header, or NULL
 * @body: the bytes sent
 * @body_len: how many
 * @body_cut: the client sent more than api_body_limit()
 * @waited: what the previous reply asked to wait for has happened, or the
 *	time is up
 */
struct api_call {
	const char *method;
	const char *path;
	struct {
		const char *name;
		const char *value;
	} query[API_QUERY_MAX];
	size_t query_n;
	const char *host;
	const char *origin;
	const char *authorization;
	const char *content_type;
	const char *body;
	size_t body_len;
	bool body_cut;
	bool waited;
};

/**
 * struct api_reply - what to answer
 * @status: HTTP status
 * @type: Content-Type, or NULL without a body
 * @body: the body, owned by the receiver
 * @constant: if not NULL, the body instead, @constant_len bytes that stay
 * @stream: if not NULL, the body instead, owned by the receiver
 * @allow: value of the Allow header, or empty
 * @location: value of the Location header, or empty
 * @challenge: ask for the token
 * @wait_id: if not 0, there is no answer yet: call again, with @waited set,
 *	when this run has ended or @wait_seconds have passed
 */
struct api_reply {
	unsigned int status;
	const char *type;
	struct text body;
	const void *constant;
	size_t constant_len;
	struct stream *stream;
	char allow[40];
	char location[64];
	bool challenge;
	uint64_t wait_id;
	unsigned int wait_seconds;
};

/**
 * api_handle() - carry out a request
 *
 * @reply is set in any case; errors are problem documents.
 */
void api_handle(struct api *api, const struct api_call *call,
		struct api_reply *reply);

/**
 * api_body_limit() - bytes that a request for this path may carry
 */
size_t api_body_limit(const char *path);

/**
 * api_refuse_body() - the reply to a body over the limit
 * @bytes: its size
 */
void api_refuse_body(unsigned long long bytes, size_t limit,
		     struct api_reply *reply);

/**
 * api_refuse_bodies() - the reply to a body when LIMIT_BODIES_BYTES are under
 *	way already
 */
void api_refuse_bodies(struct api_reply *reply);

/* For those who handle a route. */
void api_answer(struct api_reply *reply, unsigned int status, json_t *body);
void api_answer_stream(struct api_reply *reply, unsigned int status,
		       struct stream *stream);
void api_refuse(struct api_reply *reply, const struct problem *problem);

#endif
