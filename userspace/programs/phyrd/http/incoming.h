/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef INCOMING_H
#define INCOMING_H

#include <microhttpd.h>

#include "request.h"

#define INCOMING_AUTHORITY 80

/**
 * incoming_header() - a header of the request, or NULL
 */
const char *incoming_header(struct MHD_Connection *connection,
			    const char *name);

/**
 * incoming_describe() - all but the body, which may still come
 * @authority: holds the host of a request for a whole URL, else stays empty
 * @request: points to what microhttpd has, and to @authority
 */
void incoming_describe(struct MHD_Connection *connection, const char *method,
		       const char *path, char authority[INCOMING_AUTHORITY],
		       struct http_request *request);

/**
 * incoming_cut_query() - what microhttpd calls before it takes a URI apart
 */
void *incoming_cut_query(void *cls, const char *uri,
			 struct MHD_Connection *connection);

#endif
