// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole HTTP requests: a line with method, path and query, a line with the Host, a
 * line with the Origin, and the body. Any of them gets a whole reply, which is
 * never the daemon's own failure. Runs wait and are never measured.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "fuzz.h"
#include "routes.h"
#include "store.h"

#define MAX_REPLY (64 * 1024 * 1024)

static struct store *store;
static const struct traffic traffic;

static void start(void)
{
	struct phyr_error error;

	check(!store_create(NULL, 5, eventfd(0, EFD_NONBLOCK), &store, &error));
}

/* Cuts the next line off, NUL-terminated. */
static char *next_line(char **rest)
{
	char *line = *rest, *end = strchr(line, '\n');

	if (end) {
		*end = '\0';
		*rest = end + 1;
	} else {
		*rest = line + strlen(line);
	}
	return line;
}

/* "a=1&b" as the transport takes it apart, without decoding. */
static void parse_query(char *text, struct http_request *request)
{
	char *part;

	while ((part = strsep(&text, "&"))) {
		char *value = strchr(part, '=');

		if (value)
			*value++ = '\0';
		if (request->query_n < REQUEST_QUERY_MAX) {
			request->query[request->query_n].name = part;
			request->query[request->query_n].value = value;
		}
		request->query_n++;
	}
}

static void parse_request(char *line, struct http_request *request)
{
	char *path = strchr(line, ' '), *query;

	request->method = line;
	request->path = "";
	if (!path)
		return;
	*path++ = '\0';
	request->path = path;
	query = strchr(path, '?');
	if (!query)
		return;
	*query++ = '\0';
	parse_query(query, request);
}

static void check_reply(struct http_reply *reply)
{
	struct text *text = &reply->body;
	int ret = 0;

	if (reply->stream) {
		do {
			ret = reply->stream->next(reply->stream, text);
			check(ret >= 0 || ret == -EAGAIN);
			check(text->len < MAX_REPLY);
		} while (ret == 1);
		reply->stream->destroy(reply->stream);
	}
	check(!text->failed);
	check(reply->status >= 200 && reply->status < 600 &&
	      reply->status != 500);
	if (reply->type && strstr(reply->type, "json") && !reply->constant) {
		json_t *json = json_loadb(text->data, text->len, 0, NULL);

		check(json);
		json_decref(json);
	}
	text_clear(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct http_request request = { .content_type = "application/json",
					.traffic = &traffic };
	struct service service = { .find = routes_find,
				   .description = "openapi.json" };
	struct http_reply reply;
	struct phyr_error error;
	char *copy = malloc(len + 1), *rest = copy, *line;

	if (!store)
		start();
	check(copy);
	memcpy(copy, data, len);
	copy[len] = '\0';
	parse_request(next_line(&rest), &request);
	line = next_line(&rest);
	request.host = *line ? line : NULL;
	line = next_line(&rest);
	request.origin = *line ? line : NULL;
	request.accept = len % 2 ? "application/openmetrics-text" : NULL;
	request.body = rest;
	request.body_len = len - (size_t)(rest - copy);

	service.context = store;
	service_handle(&service, &request, &reply);
	if (!reply.wait_seconds)
		check_reply(&reply);
	/* The queue must not stay full. */
	store_cancel(store, store_last_id(store), &error);
	free(copy);
	return 0;
}
