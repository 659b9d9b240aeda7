// SPDX-License-Identifier: GPL-2.0-only
/* A reply's headers, and what is logged of it. */
#include <arpa/inet.h>

#include "address.h"
#include "log.h"
#include "outgoing.h"

/* The page loads nothing from elsewhere and is in no other page's frame. */
#define SECURITY_POLICY                                             \
	"default-src 'none'; script-src 'self'; style-src 'self'; " \
	"img-src data:; connect-src 'self'; base-uri 'none'; "      \
	"form-action 'none'; frame-ancestors 'none'"

/* What the operator must know: that we failed, or that somebody tries. */
static void log_problem(struct MHD_Connection *connection,
			const struct http_request *request,
			const struct http_reply *reply)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	bool refusal = reply->status == MHD_HTTP_UNAUTHORIZED ||
		       reply->status == MHD_HTTP_FORBIDDEN;
	char host[INET6_ADDRSTRLEN + 2] = "?";

	if (!refusal && reply->status < 500)
		return;
	if (info)
		address_format((const union address *)info->client_addr, host);
	log_line(refusal ? LOG_REFUSAL : LOG_FAILURE, "%s: %.16s %.64s: %u: %s",
		 host, request->method, request->path, reply->status,
		 reply->detail);
}

enum MHD_Result outgoing_send(struct MHD_Connection *connection,
			      struct exchange *exchange,
			      const struct http_request *request,
			      struct http_reply *reply, bool close,
			      struct traffic *traffic)
{
	struct MHD_Response *response =
		exchange_create_response(exchange, reply);
	enum MHD_Result ret;

	if (!response)
		return MHD_NO;
	if (reply->type)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
					reply->type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
				"no-store");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "Content-Security-Policy",
				SECURITY_POLICY);
	if (*reply->allow)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW,
					reply->allow);
	if (*reply->location)
		MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION,
					reply->location);
	if (reply->challenge)
		MHD_add_response_header(
			response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
	if (close)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION,
					"close");
	if (*reply->detail)
		log_problem(connection, request, reply);
	if (reply->status / 100 < TRAFFIC_CLASSES)
		traffic->replies[reply->status / 100]++;
	ret = MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	return ret;
}
