// SPDX-License-Identifier: GPL-2.0-only
/* Asks the daemon over HTTP, and says why where it does not answer. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <curl/curl.h>

#include "client.h"
#include "events.h"
#include "text.h"

#define ANSWER_MAX ((size_t)1 << 30)
#define TOKEN_MAX 4096
#define CONNECT_SECONDS 10L
#ifndef SILENT_SECONDS
#define SILENT_SECONDS 30L /* events have a comment every 15 */
#endif

struct client {
	CURL *curl;
	char *server;
	struct curl_slist *headers; /* of every request */
	char reason[CURL_ERROR_SIZE];
	long patience; /* s without a byte, of the request under way */
};

/* Where a body goes: to @events if it is a stream of them, else to @text. */
struct body {
	CURL *curl;
	char *text;
	size_t len;
	size_t room;
	struct events *events;
	bool enough;
};

static volatile sig_atomic_t interrupted;

void client_interrupt(void)
{
	interrupted = 1;
}

void client_resume(void)
{
	interrupted = 0;
}

static int look_up(void *context, curl_off_t a, curl_off_t b, curl_off_t c,
		   curl_off_t d)
{
	(void)context;
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return interrupted;
}

void answer_destroy(struct answer *answer)
{
	json_decref(answer->json);
	free(answer->text);
}

enum status answer_check(struct answer *answer, const char *format, ...)
{
	json_error_t error;
	va_list args;
	int ret;

	va_start(args, format);
	ret = json_vunpack_ex(answer->json, &error, JSON_VALIDATE_ONLY, format,
			      args);
	va_end(args);
	if (!ret)
		return STATUS_OK;
	answer_destroy(answer);
	return fail(STATUS_UNREACHABLE, "the answer is none of phyrd: %s",
		    error.text);
}

static enum status read_token(const char *path, char token[TOKEN_MAX])
{
	FILE *file = fopen(path, "re");
	bool got;

	if (!file)
		return fail(STATUS_ERROR, "%s: %s", path, strerror(errno));
	got = fgets(token, TOKEN_MAX, file);
	fclose(file);
	if (got)
		token[strcspn(token, "\r\n")] = '\0';
	if (!got || !*token)
		return fail(STATUS_ERROR, "%s: no token in its first line",
			    path);
	return STATUS_OK;
}

static enum status add_token(struct client *client, const char *path)
{
	static const char prefix[] = "Authorization: Bearer ";
	char header[sizeof(prefix) + TOKEN_MAX], token[TOKEN_MAX];
	enum status status = read_token(path, token);

	if (status)
		return status;
	snprintf(header, sizeof(header), "%s%s", prefix, token);
	client->headers = curl_slist_append(client->headers, header);
	return STATUS_OK;
}

enum status client_create(const char *server, const char *token_file,
			  struct client **client)
{
	struct client *new = calloc(1, sizeof(*new));
	enum status status = STATUS_OK;
	size_t len = strlen(server);

	while (len && server[len - 1] == '/')
		len--;
	if (!new || curl_global_init(CURL_GLOBAL_DEFAULT))
		abort();
	new->patience = SILENT_SECONDS;
	new->server = strndup(server, len);
	new->curl = curl_easy_init();
	new->headers =
		curl_slist_append(NULL, "Content-Type: application/json");
	/* Without it curl waits for a "100 Continue". */
	new->headers = curl_slist_append(new->headers, "Expect:");
	if (!new->server || !new->curl || !new->headers)
		abort();
	if (token_file)
		status = add_token(new, token_file);
	if (status)
		client_destroy(new);
	else
		*client = new;
	return status;
}

void client_destroy(struct client *client)
{
	if (!client)
		return;
	curl_easy_cleanup(client->curl);
	curl_slist_free_all(client->headers);
	free(client->server);
	free(client);
	curl_global_cleanup();
}

static bool is_stream(CURL *curl)
{
	char *type = NULL;

	curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
	return type && !strncmp(type, "text/event-stream", 17);
}

static bool append(struct body *body, const char *data, size_t len)
{
	if (len > ANSWER_MAX - body->len)
		return false;
	if (body->len + len >= body->room) {
		size_t room = 2 * (body->len + len) + 1;
		char *text = realloc(body->text, room);

		if (!text)
			return false;
		body->text = text;
		body->room = room;
	}
	memcpy(body->text + body->len, data, len);
	body->len += len;
	body->text[body->len] = '\0';
	return true;
}

/* Anything but @len ends the transfer. */
static size_t receive(char *data, size_t size, size_t len, void *context)
{
	struct body *body = context;

	(void)size;
	if (!body->events || !is_stream(body->curl))
		return append(body, data, len) ? len : 0;
	body->enough = !events_feed(body->events, data, len);
	return body->enough ? 0 : len;
}

static enum status refused(long code, const struct body *body)
{
	json_t *problem =
		json_loadb(body->text ? body->text : "", body->len, 0, NULL);
	const char *detail = text_of(problem, "detail");
	const char *field = text_of(problem, "field");
	const json_t *limit = json_object_get(problem, "limit");
	char more[256] = "";

	if (!strncmp(detail, field, strlen(field)))
		; /* the detail names field and limit */
	else if (limit)
		snprintf(more, sizeof(more), " (%s; limit %lld)", field,
			 (long long)json_integer_value(limit));
	else
		snprintf(more, sizeof(more), " (%s)", field);
	fail(STATUS_ERROR, "refused with %ld: %s%s", code,
	     *detail ? detail : "no reason given", more);
	json_decref(problem);
	return STATUS_ERROR;
}

static const char *why(const struct client *client, CURLcode code)
{
	switch (code) {
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		return "phyrd has ended, or broke the connection off";
	default:
		return *client->reason ? client->reason
				       : curl_easy_strerror(code);
	}
}

static enum status transfer(struct client *client, const char *path,
			    struct body *body)
{
	CURL *curl = client->curl;
	char url[1024];
	CURLcode code;
	long status;

	snprintf(url, sizeof(url), "%s%s", client->server, path);
	body->curl = curl;
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, client->patience);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, client->headers);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, client->reason);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_up);
	client->patience = SILENT_SECONDS;
	*client->reason = '\0';
	code = curl_easy_perform(curl);
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return STATUS_INTERRUPTED;
	if (code && !body->enough)
		return fail(STATUS_UNREACHABLE, "%s: %s", client->server,
			    why(client, code));
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	return status / 100 == 2 ? STATUS_OK : refused(status, body);
}

static enum status exchange(struct client *client, const char *path,
			    struct answer *answer)
{
	struct body body = { 0 };
	enum status status = transfer(client, path, &body);
	json_error_t error;
	json_t *json = NULL;

	if (status)
		goto free;
	json = json_loadb(body.text ? body.text : "", body.len,
			  JSON_REJECT_DUPLICATES, &error);
	if (!json) {
		status = fail(STATUS_UNREACHABLE,
			      "%s%s: the answer is not JSON: %s",
			      client->server, path, error.text);
		goto free;
	}
	*answer = (struct answer){ body.text, body.len, json };
	return STATUS_OK;

free:
	free(body.text);
	return status;
}

enum status client_get(struct client *client, const char *path,
		       struct answer *answer)
{
	curl_easy_reset(client->curl);
	return exchange(client, path, answer);
}

enum status client_wait(struct client *client, const char *path, long seconds,
			struct answer *answer)
{
	client->patience = seconds + SILENT_SECONDS;
	return client_get(client, path, answer);
}

enum status client_post(struct client *client, const char *path,
			const char *body, size_t len, struct answer *answer)
{
	curl_easy_reset(client->curl);
	curl_easy_setopt(client->curl, CURLOPT_POST, 1L);
	curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE_LARGE,
			 (curl_off_t)len);
	return exchange(client, path, answer);
}

enum status client_delete(struct client *client, const char *path)
{
	struct body body = { 0 };
	enum status status;

	curl_easy_reset(client->curl);
	curl_easy_setopt(client->curl, CURLOPT_CUSTOMREQUEST, "DELETE");
	status = transfer(client, path, &body);
	free(body.text);
	return status;
}

enum status client_follow(struct client *client, const char *path,
			  client_event *event, void *context)
{
	struct body body = { .events = events_create(event, context) };
	enum status status;

	curl_easy_reset(client->curl);
	status = transfer(client, path, &body);
	events_destroy(body.events);
	free(body.text);
	return status;
}

char *client_escape(struct client *client, const char *text)
{
	char *escaped = curl_easy_escape(client->curl, text, 0);
	char *copy = escaped ? strdup(escaped) : NULL;

	if (!copy)
		abort();
	curl_free(escaped);
	return copy;
}
