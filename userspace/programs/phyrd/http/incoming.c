// SPDX-License-Identifier: GPL-2.0-only
/* What of a request microhttpd has. */
#include <stdio.h>
#include <string.h>
#include <microhttpd.h>

#include "incoming.h"

const char *incoming_header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result add_query(void *cls, enum MHD_ValueKind kind,
				 const char *name, const char *value)
{
	struct http_request *request = cls;

	(void)kind;
	if (request->query_n < REQUEST_QUERY_MAX) {
		request->query[request->query_n].name = name;
		request->query[request->query_n].value = value;
	}
	request->query_n++;
	return MHD_YES;
}

/*
 * A request may be for a whole URL (RFC 9112, 3.2.2), whose host counts then.
 */
static const char *take_authority(const char *path,
				  char authority[INCOMING_AUTHORITY])
{
	static const char scheme[] = "http://";
	size_t len;

	if (strncasecmp(path, scheme, sizeof(scheme) - 1))
		return path;
	path += sizeof(scheme) - 1;
	len = strcspn(path, "/");
	if (len < INCOMING_AUTHORITY)
		snprintf(authority, INCOMING_AUTHORITY, "%.*s", (int)len, path);
	else
		strcpy(authority, "?"); /* nobody is called so */
	return path[len] ? path + len : "/";
}

void incoming_describe(struct MHD_Connection *connection, const char *method,
		       const char *path, char authority[INCOMING_AUTHORITY],
		       struct http_request *request)
{
	*request = (struct http_request){
		.method = method,
		.path = take_authority(path, authority),
		.host = incoming_header(connection, MHD_HTTP_HEADER_HOST),
		.forwarded_host =
			incoming_header(connection, "X-Forwarded-Host"),
		.origin = incoming_header(connection, MHD_HTTP_HEADER_ORIGIN),
		.fetch_site = incoming_header(connection, "Sec-Fetch-Site"),
		.authorization = incoming_header(connection,
						 MHD_HTTP_HEADER_AUTHORIZATION),
		.content_type = incoming_header(connection,
						MHD_HTTP_HEADER_CONTENT_TYPE),
		.content_encoding = incoming_header(
			connection, MHD_HTTP_HEADER_CONTENT_ENCODING),
		.accept = incoming_header(connection, MHD_HTTP_HEADER_ACCEPT),
		.last_event = incoming_header(connection, "Last-Event-ID"),
	};
	if (*authority)
		request->host = authority;
	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_query,
				  request);
}

/*
 * Cuts a query behind the part that makes it too long, before microhttpd takes
 * it apart: where its memory does not suffice for all parts it never answers.
 */
void *incoming_cut_query(void *cls, const char *uri,
			 struct MHD_Connection *connection)
{
	char *at = uri ? strchr(uri, '?') : NULL;

	(void)cls;
	(void)connection;
	for (int i = 0; at && i <= REQUEST_QUERY_MAX; i++)
		at = strchr(at + 1, '&');
	if (at)
		*at = '\0';
	return NULL;
}
