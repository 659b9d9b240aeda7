/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef API_H
#define API_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "store.h"

#define API_QUERY_MAX 4

/**
 * struct api_call - an HTTP request, whole
 * @method: "GET" and the like
 * @path: decoded path without the query
 * @query: names and values of the query; a value may be NULL
 * @query_n: how many; more than API_QUERY_MAX are counted but not kept
 * @host: Host header, or NULL
 * @content_type: Content-Type header, or NULL
 * @body: the bytes sent
 * @body_len: how many
 * @body_cut: the client sent more than LIMIT_BODY_BYTES
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
	const char *content_type;
	const char *body;
	size_t body_len;
	bool body_cut;
	bool waited;
};

/**
 * struct api_reply - what to answer
 * @status: HTTP status
 * @body: the document, owned by the receiver
 * @problem: @body is a problem document
 * @allow: value of the Allow header, or NULL
 * @location: value of the Location header, or empty
 * @wait_id: if not 0, there is no answer yet: call again, with @waited set,
 *	when this run has ended or @wait_seconds have passed
 */
struct api_reply {
	unsigned int status;
	json_t *body;
	bool problem;
	const char *allow;
	char location[64];
	uint64_t wait_id;
	unsigned int wait_seconds;
};

/**
 * api_handle() - carry out a request
 *
 * @reply is set in any case; errors are problem documents.
 */
void api_handle(struct store *store, const struct api_call *call,
		struct api_reply *reply);

/**
 * api_refuse_body() - the reply to a body over LIMIT_BODY_BYTES
 * @bytes: its size
 */
void api_refuse_body(unsigned long long bytes, struct api_reply *reply);

#endif
