/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traffic.h"

#define REQUEST_QUERY_MAX 4

/**
 * struct http_request - an HTTP request, whole
 * @method: "GET" and the like
 * @path: decoded path without the query
 * @id: the number in the path, 0 if its route has none
 * @query: names and values of the query; a value may be NULL
 * @query_n: how many; more than REQUEST_QUERY_MAX are counted but not kept
 * @host: Host header, or NULL
 * @forwarded_host: X-Forwarded-Host header, what a proxy was asked for, or NULL
 * @origin: Origin header, or NULL
 * @fetch_site: Sec-Fetch-Site header, or NULL
 * @authorization: Authorization header, or NULL
 * @content_type: Content-Type header, or NULL
 * @content_encoding: Content-Encoding header, or NULL
 * @accept: Accept header, or NULL
 * @last_event: Last-Event-ID header, or NULL
 * @body: the bytes sent
 * @body_len: how many; over the limit of its route @body is not whole
 * @waited: the time that an earlier reply asked to wait is up
 * @traffic: what the transport has counted
 * @context: of the service
 */
struct http_request {
	const char *method;
	const char *path;
	uint64_t id;
	struct {
		const char *name;
		const char *value;
	} query[REQUEST_QUERY_MAX];
	size_t query_n;
	const char *host;
	const char *forwarded_host;
	const char *origin;
	const char *fetch_site;
	const char *authorization;
	const char *content_type;
	const char *content_encoding;
	const char *accept;
	const char *last_event;
	const char *body;
	size_t body_len;
	bool waited;
	const struct traffic *traffic;
	void *context;
};

#endif
