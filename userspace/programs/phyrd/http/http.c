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

#include "exchange.h"
#include "http.h"
#include "limits.h"

#define FINISH_NS UINT64_C(1000000000)
#define FOLLOW_NS UINT64_C(250000000)
#define CONNECTION_BYTES (24 * 1024) /* headers and what is being sent */
#define BACKLOG 1024 /* connections that wait to be accepted */

/* The page loads nothing from elsewhere and is in no other page's frame. */
#define SECURITY_POLICY                                             \
	"default-src 'none'; script-src 'self'; style-src 'self'; " \
	"img-src data:; connect-src 'self'; base-uri 'none'; "      \
	"form-action 'none'; frame-ancestors 'none'"

struct http {
	struct MHD_Daemon *daemon;
	struct api api;
	struct exchanges exchanges;
	uint64_t follow_at; /* ns, when to look for news again */
};

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

static enum MHD_Result send_reply(struct http *http,
				  struct MHD_Connection *connection,
				  struct exchange *exchange,
				  struct api_reply *reply, bool close)
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
	if (reply->status / 100 < METRICS_CLASSES)
		http->api.metrics.replies[reply->status / 100]++;
	ret = MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	return ret;
}

static unsigned int connections(const struct http *http)
{
	return MHD_get_daemon_info(http->daemon,
				   MHD_DAEMON_INFO_CURRENT_CONNECTIONS)
		->num_connections;
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result serve(struct http *http, struct exchange *exchange,
			     const char *method, const char *path)
{
	struct MHD_Connection *connection = exchange->connection;
	struct api_reply reply;
	struct api_call call = {
		.method = method,
		.path = path,
		.host = header(connection, MHD_HTTP_HEADER_HOST),
		.origin = header(connection, MHD_HTTP_HEADER_ORIGIN),
		.authorization =
			header(connection, MHD_HTTP_HEADER_AUTHORIZATION),
		.content_type =
			header(connection, MHD_HTTP_HEADER_CONTENT_TYPE),
		.body = exchange->body ? exchange->body : "",
		.body_len = exchange->len,
		.body_cut = exchange->len > exchange->limit,
		.waited = exchange->waited,
	};

	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_query,
				  &call);
	http->api.metrics.connections = connections(http);
	api_handle(&http->api, &call, &reply);
	exchange_free_body(exchange);
	if (!reply.wait_id)
		return send_reply(http, connection, exchange, &reply,
				  http->exchanges.finishing);

	exchange->wait_id = reply.wait_id;
	exchange->deadline =
		phyr_clock_ns() + (uint64_t)reply.wait_seconds * 1000000000;
	MHD_suspend_connection(connection);
	return MHD_YES;
}

/* What a request's headers alone can be refused for: true if they were. */
static bool refuse_early(struct http *http, struct MHD_Connection *connection,
			 const char *path, enum MHD_Result *ret)
{
	const char *length = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
	unsigned long long bytes = length ? strtoull(length, NULL, 10) : 0;
	size_t limit = api_body_limit(path);
	struct api_reply reply;

	if (bytes > limit) {
		api_refuse_body(bytes, limit, &reply);
	} else if (bytes &&
		   http->exchanges.bodies + bytes > LIMIT_BODIES_BYTES) {
		api_refuse_bodies(&reply);
	} else {
		return false;
	}
	*ret = send_reply(http, connection, NULL, &reply, true);
	return true;
}

/* Called first with the headers, then with each piece of body, then without. */
static enum MHD_Result handle(void *cls, struct MHD_Connection *connection,
			      const char *path, const char *method,
			      const char *version, const char *data,
			      size_t *data_len, void **exchange)
{
	struct http *http = cls;
	enum MHD_Result ret;

	(void)version;
	if (!*exchange) {
		if (refuse_early(http, connection, path, &ret))
			return ret;
		*exchange = exchange_create(&http->exchanges, connection, path);
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
	(void)cls;
	(void)connection;
	(void)code;
	if (*exchange)
		exchange_destroy(*exchange);
	*exchange = NULL;
}

int http_create(const struct sockaddr *address, struct store *store,
		const char *token, struct http **http)
{
	struct http *new = calloc(1, sizeof(*new));
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;

	if (!new)
		return -ENOMEM;
	new->api.store = store;
	new->api.token = token;
	if (address->sa_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	errno = 0;
	new->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, handle, new, MHD_OPTION_SOCK_ADDR,
		address, MHD_OPTION_NOTIFY_COMPLETED, completed, new,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)LIMIT_CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)LIMIT_IDLE_SECONDS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
		MHD_OPTION_LISTEN_BACKLOG_SIZE, (unsigned int)BACKLOG,
		MHD_OPTION_END);
	if (!new->daemon) {
		int status = errno ? -errno : -EIO;

		free(new);
		return status;
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
	for (struct exchange *e = http->exchanges.first; e; e = e->next) {
		int ms = e->wait_id ? ms_until(e->deadline) : -1;

		if (e->following)
			ms = ms_until(http->follow_at);
		if (ms >= 0 && (timeout < 0 || ms < timeout))
			timeout = ms;
	}
	return timeout;
}

static void resume(struct exchange *exchange)
{
	exchange->waited = exchange->wait_id;
	exchange->wait_id = 0;
	exchange->following = false;
	MHD_resume_connection(exchange->connection);
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
	bool follow = !ms_until(http->follow_at);

	if (follow)
		http->follow_at = phyr_clock_ns() + FOLLOW_NS;
	for (struct exchange *e = http->exchanges.first; e; e = e->next) {
		if ((e->following && follow) ||
		    (e->wait_id && !ms_until(e->deadline)))
			resume(e);
	}
	run_daemon(http);
}

static bool has_ended(struct store *store, uint64_t id)
{
	struct phyr_error error;
	struct run_head head;

	return store_find(store, id, &head, &error) || run_has_ended(&head);
}

void http_run_ended(struct http *http)
{
	for (struct exchange *e = http->exchanges.first; e; e = e->next) {
		if (e->following ||
		    (e->wait_id && has_ended(http->api.store, e->wait_id)))
			resume(e);
	}
	run_daemon(http);
}

void http_finish(struct http *http)
{
	uint64_t end = phyr_clock_ns() + FINISH_NS;
	MHD_socket listener = MHD_quiesce_daemon(http->daemon);

	http->exchanges.finishing = true;
	for (struct exchange *e = http->exchanges.first; e; e = e->next) {
		if (e->wait_id || e->following)
			resume(e);
	}
	run_daemon(http);
	while (http->exchanges.first && ms_until(end)) {
		struct pollfd fd = { .fd = http_fd(http), .events = POLLIN };

		poll(&fd, 1, 10);
		run_daemon(http);
	}
	if (listener != MHD_INVALID_SOCKET)
		close(listener);
}
