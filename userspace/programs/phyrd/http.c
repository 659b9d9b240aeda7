// SPDX-License-Identifier: GPL-2.0-only
/*
 * An exchange is a request and its reply. One whose reply has to wait for a
 * run is suspended: microhttpd then leaves its connection alone until it is
 * resumed, and asks for the reply again.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <microhttpd.h>

#include <phyr/clock.h>

#include "api.h"
#include "http.h"
#include "limits.h"

#define FINISH_NS UINT64_C(1000000000)

struct exchange {
	struct MHD_Connection *connection;
	char *body;
	size_t room; /* of @body */
	size_t len; /* sent, even if not kept */
	bool waited;
	uint64_t wait_id; /* 0: not suspended */
	uint64_t deadline; /* ns */
	struct exchange *next;
};

struct http {
	struct MHD_Daemon *daemon;
	struct store *store;
	struct exchange *exchanges;
	bool finishing;
};

static struct exchange *exchange_create(struct http *http,
					struct MHD_Connection *connection)
{
	struct exchange *new = calloc(1, sizeof(*new));

	if (!new)
		return NULL;
	new->connection = connection;
	new->next = http->exchanges;
	http->exchanges = new;
	return new;
}

static void exchange_destroy(struct http *http, struct exchange *exchange)
{
	struct exchange **link = &http->exchanges;

	while (*link != exchange)
		link = &(*link)->next;
	*link = exchange->next;
	free(exchange->body);
	free(exchange);
}

/* Bytes over the limit are counted and dropped, so that the client is heard. */
static int exchange_append(struct exchange *exchange, const char *data,
			   size_t len)
{
	size_t total = exchange->len + len;
	char *body;

	if (total <= LIMIT_BODY_BYTES && total > exchange->room) {
		size_t room = 2 * total;

		body = realloc(exchange->body, room);
		if (!body)
			return -ENOMEM;
		exchange->body = body;
		exchange->room = room;
	}
	if (total <= LIMIT_BODY_BYTES)
		memcpy(exchange->body + exchange->len, data, len);
	exchange->len = total;
	return 0;
}

static enum MHD_Result add_query(void *cls, enum MHD_ValueKind kind,
				 const char *name, const char *value)
{
	struct api_call *call = cls;

	(void)kind;
	if (call->query_n < API_QUERY_MAX) {
		call->query[call->query_n].name = name;
		call->query[call->query_n].value = value;
	}
	call->query_n++;
	return MHD_YES;
}

static enum MHD_Result send_reply(struct MHD_Connection *connection,
				  struct api_reply *reply, bool close)
{
	char *text = reply->body ? json_dumps(reply->body, JSON_COMPACT) : NULL;
	struct MHD_Response *response;
	enum MHD_Result ret;

	json_decref(reply->body);
	if (!text)
		return MHD_NO;
	response = MHD_create_response_from_buffer(strlen(text), text,
						   MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(text);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
				reply->problem ? "application/problem+json"
					       : "application/json");
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
				"no-store");
	if (reply->allow)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW,
					reply->allow);
	if (*reply->location)
		MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION,
					reply->location);
	if (close)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION,
					"close");
	ret = MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	return ret;
}

static enum MHD_Result serve(struct http *http, struct exchange *exchange,
			     const char *method, const char *path)
{
	struct MHD_Connection *connection = exchange->connection;
	struct api_reply reply;
	struct api_call call = {
		.method = method,
		.path = path,
		.host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
						    MHD_HTTP_HEADER_HOST),
		.content_type = MHD_lookup_connection_value(
			connection, MHD_HEADER_KIND,
			MHD_HTTP_HEADER_CONTENT_TYPE),
		.body = exchange->body ? exchange->body : "",
		.body_len = exchange->len,
		.body_cut = exchange->len > LIMIT_BODY_BYTES,
		.waited = exchange->waited,
	};

	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_query,
				  &call);
	api_handle(http->store, &call, &reply);
	if (!reply.wait_id)
		return send_reply(connection, &reply, http->finishing);

	exchange->wait_id = reply.wait_id;
	exchange->deadline =
		phyr_clock_ns() + (uint64_t)reply.wait_seconds * 1000000000;
	MHD_suspend_connection(connection);
	return MHD_YES;
}

static bool announces_too_much(struct MHD_Connection *connection,
			       unsigned long long *bytes)
{
	const char *length = MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

	*bytes = length ? strtoull(length, NULL, 10) : 0;
	return *bytes > LIMIT_BODY_BYTES;
}

/* Called first with the headers, then with each piece of body, then without. */
static enum MHD_Result handle(void *cls, struct MHD_Connection *connection,
			      const char *path, const char *method,
			      const char *version, const char *data,
			      size_t *data_len, void **exchange)
{
	struct http *http = cls;
	struct api_reply reply;
	unsigned long long bytes;

	(void)version;
	if (!*exchange) {
		if (announces_too_much(connection, &bytes)) {
			api_refuse_body(bytes, &reply);
			return send_reply(connection, &reply, true);
		}
		*exchange = exchange_create(http, connection);
		return *exchange ? MHD_YES : MHD_NO;
	}
	if (*data_len) {
		if (exchange_append(*exchange, data, *data_len))
			return MHD_NO;
		*data_len = 0;
		return MHD_YES;
	}
	return serve(http, *exchange, method, path);
}

static void completed(void *cls, struct MHD_Connection *connection,
		      void **exchange, enum MHD_RequestTerminationCode code)
{
	(void)connection;
	(void)code;
	if (*exchange)
		exchange_destroy(cls, *exchange);
	*exchange = NULL;
}

int http_create(const struct sockaddr *address, struct store *store,
		struct http **http, struct phyr_error *error)
{
	struct http *new = calloc(1, sizeof(*new));
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;

	if (!new)
		return phyr_error_set(error, -ENOMEM, "out of memory");
	new->store = store;
	if (address->sa_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	errno = 0;
	new->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, handle, new, MHD_OPTION_SOCK_ADDR,
		address, MHD_OPTION_NOTIFY_COMPLETED, completed, new,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)LIMIT_CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)LIMIT_IDLE_SECONDS,
		MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
	if (!new->daemon) {
		int status = errno ? -errno : -EIO;

		free(new);
		return phyr_error_set(error, status, "listening: %s",
				      strerror(-status));
	}
	*http = new;
	return 0;
}

void http_destroy(struct http *http)
{
	if (!http)
		return;
	MHD_stop_daemon(http->daemon);
	free(http);
}

unsigned int http_port(const struct http *http)
{
	return MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT)
		->port;
}

int http_fd(const struct http *http)
{
	return MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD)
		->epoll_fd;
}

static int ms_until(uint64_t deadline)
{
	uint64_t now = phyr_clock_ns();

	return deadline > now ? (int)((deadline - now + 999999) / 1000000) : 0;
}

int http_timeout(const struct http *http)
{
	MHD_UNSIGNED_LONG_LONG idle;
	int timeout = -1;

	if (MHD_get_timeout(http->daemon, &idle) == MHD_YES)
		timeout = (int)idle;
	for (struct exchange *e = http->exchanges; e; e = e->next) {
		int ms = e->wait_id ? ms_until(e->deadline) : -1;

		if (ms >= 0 && (timeout < 0 || ms < timeout))
			timeout = ms;
	}
	return timeout;
}

static void resume(struct exchange *exchange)
{
	exchange->wait_id = 0;
	exchange->waited = true;
	MHD_resume_connection(exchange->connection);
}

static unsigned int connections(const struct http *http)
{
	return MHD_get_daemon_info(http->daemon,
				   MHD_DAEMON_INFO_CURRENT_CONNECTIONS)
		->num_connections;
}

/*
 * At the connection limit microhttpd stops listening, and only the next call
 * of MHD_run() after a connection has gone lets it listen again.
 */
static void run_daemon(struct http *http)
{
	unsigned int before;

	do {
		before = connections(http);
		MHD_run(http->daemon);
	} while (before == LIMIT_CONNECTIONS && connections(http) < before);
}

void http_run(struct http *http)
{
	for (struct exchange *e = http->exchanges; e; e = e->next) {
		if (e->wait_id && !ms_until(e->deadline))
			resume(e);
	}
	run_daemon(http);
}

static bool has_ended(struct store *store, uint64_t id)
{
	const struct store_record *record = store_find(store, id);
	struct store_progress progress;

	if (!record)
		return true;
	store_progress(store, record, &progress);
	return progress.ended_ns;
}

void http_run_ended(struct http *http)
{
	for (struct exchange *e = http->exchanges; e; e = e->next) {
		if (e->wait_id && has_ended(http->store, e->wait_id))
			resume(e);
	}
	run_daemon(http);
}

void http_finish(struct http *http)
{
	uint64_t end = phyr_clock_ns() + FINISH_NS;
	MHD_socket listener = MHD_quiesce_daemon(http->daemon);

	http->finishing = true;
	for (struct exchange *e = http->exchanges; e; e = e->next) {
		if (e->wait_id)
			resume(e);
	}
	run_daemon(http);
	while (http->exchanges && ms_until(end)) {
		struct pollfd fd = { .fd = http_fd(http), .events = POLLIN };

		poll(&fd, 1, 10);
		run_daemon(http);
	}
	if (listener != MHD_INVALID_SOCKET)
		close(listener);
}
