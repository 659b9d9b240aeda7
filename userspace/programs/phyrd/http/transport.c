// SPDX-License-Identifier: GPL-2.0-only
/*
 * HTTP by microhttpd. An exchange is an HTTP request and its reply. One that
 * has no reply yet is suspended: microhttpd then leaves its connection alone
 * until it is resumed, and asks for the reply again.
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
#include "limits.h"
#include "transport.h"

#define FINISH_NS UINT64_C(1000000000)
#define FOLLOW_NS UINT64_C(250000000)
#define CONNECTION_BYTES (24 * 1024) /* headers and what is being sent */

/* The page loads nothing from elsewhere and is in no other page's frame. */
#define SECURITY_POLICY                                             \
	"default-src 'none'; script-src 'self'; style-src 'self'; " \
	"img-src data:; connect-src 'self'; base-uri 'none'; "      \
	"form-action 'none'; frame-ancestors 'none'"

struct transport {
	struct MHD_Daemon *daemon;
	struct service service;
	struct traffic traffic;
	struct exchanges exchanges;
	uint64_t follow_at; /* ns, when to look for news again */
};

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

static enum MHD_Result send_reply(struct transport *transport,
				  struct MHD_Connection *connection,
				  struct exchange *exchange,
				  struct http_reply *reply, bool close)
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
	if (reply->status / 100 < TRAFFIC_CLASSES)
		transport->traffic.replies[reply->status / 100]++;
	ret = MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	return ret;
}

static unsigned int connections(const struct transport *transport)
{
	return MHD_get_daemon_info(transport->daemon,
				   MHD_DAEMON_INFO_CURRENT_CONNECTIONS)
		->num_connections;
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static int ms_until(uint64_t deadline)
{
	uint64_t now = phyr_clock_ns();

	return deadline > now ? (int)((deadline - now + 999999) / 1000000) : 0;
}

static enum MHD_Result serve(struct transport *transport,
			     struct exchange *exchange, const char *method,
			     const char *path)
{
	struct MHD_Connection *connection = exchange->connection;
	struct http_reply reply;
	struct http_request request = {
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
		.waited = transport->exchanges.finishing ||
			  (exchange->deadline && !ms_until(exchange->deadline)),
		.traffic = &transport->traffic,
	};

	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_query,
				  &request);
	transport->traffic.connections = connections(transport);
	service_handle(&transport->service, &request, &reply);
	exchange_free_body(exchange);
	if (!reply.wait_seconds)
		return send_reply(transport, connection, exchange, &reply,
				  transport->exchanges.finishing);

	if (!exchange->deadline)
		exchange->deadline = phyr_clock_ns() +
				     (uint64_t)reply.wait_seconds * 1000000000;
	exchange->waiting = true;
	MHD_suspend_connection(connection);
	return MHD_YES;
}

/* Refuses a request if its headers alone give reason to: true if it did. */
static bool refuse_early(struct transport *transport,
			 struct MHD_Connection *connection, const char *path,
			 enum MHD_Result *ret)
{
	const char *length = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
	unsigned long long bytes = length ? strtoull(length, NULL, 10) : 0;
	size_t limit = service_body_limit(&transport->service, path);
	struct http_reply reply = { 0 };

	if (bytes > limit) {
		reply_body_too_long(&reply, bytes, limit);
	} else if (bytes &&
		   transport->exchanges.bodies + bytes > LIMIT_BODIES_BYTES) {
		reply_too_many_bodies(&reply);
	} else {
		return false;
	}
	*ret = send_reply(transport, connection, NULL, &reply, true);
	return true;
}

/*
 * microhttpd calls this with the headers, then with each piece of the body, then
 * with neither.
 */
static enum MHD_Result handle(void *cls, struct MHD_Connection *connection,
			      const char *path, const char *method,
			      const char *version, const char *data,
			      size_t *data_len, void **exchange)
{
	struct transport *transport = cls;
	enum MHD_Result ret;

	(void)version;
	if (!*exchange) {
		if (refuse_early(transport, connection, path, &ret))
			return ret;
		*exchange = exchange_create(
			&transport->exchanges, connection,
			service_body_limit(&transport->service, path));
		return *exchange ? MHD_YES : MHD_NO;
	}
	if (*data_len) {
		if (exchange_append(*exchange, data, *data_len))
			return MHD_NO;
		*data_len = 0;
		return MHD_YES;
	}
	return serve(transport, *exchange, method, path);
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

int transport_create(const struct sockaddr *address,
		     const struct service *service,
		     struct transport **transport)
{
	struct transport *new = calloc(1, sizeof(*new));
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;

	if (!new)
		return -ENOMEM;
	new->service = *service;
	if (address->sa_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	errno = 0;
	new->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, handle, new, MHD_OPTION_SOCK_ADDR,
		address, MHD_OPTION_NOTIFY_COMPLETED, completed, new,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)LIMIT_CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)LIMIT_IDLE_SECONDS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
		MHD_OPTION_LISTEN_BACKLOG_SIZE, (unsigned int)LIMIT_BACKLOG,
		MHD_OPTION_END);
	if (!new->daemon) {
		int status = errno ? -errno : -EIO;

		free(new);
		return status;
	}
	*transport = new;
	return 0;
}

void transport_destroy(struct transport *transport)
{
	if (!transport)
		return;
	MHD_stop_daemon(transport->daemon);
	free(transport);
}

unsigned int transport_port(const struct transport *transport)
{
	return MHD_get_daemon_info(transport->daemon, MHD_DAEMON_INFO_BIND_PORT)
		->port;
}

int transport_fd(const struct transport *transport)
{
	return MHD_get_daemon_info(transport->daemon, MHD_DAEMON_INFO_EPOLL_FD)
		->epoll_fd;
}

int transport_timeout(const struct transport *transport)
{
	MHD_UNSIGNED_LONG_LONG idle;
	int timeout = -1;

	if (MHD_get_timeout(transport->daemon, &idle) == MHD_YES)
		timeout = (int)idle;
	for (struct exchange *e = transport->exchanges.first; e; e = e->next) {
		int ms = e->waiting ? ms_until(e->deadline) : -1;

		if (e->following)
			ms = ms_until(transport->follow_at);
		if (ms >= 0 && (timeout < 0 || ms < timeout))
			timeout = ms;
	}
	return timeout;
}

static void resume(struct exchange *exchange)
{
	exchange->waiting = false;
	exchange->following = false;
	MHD_resume_connection(exchange->connection);
}

/*
 * At the connection limit microhttpd stops listening, and only the next call
 * of MHD_run() after a connection has gone lets it listen again.
 */
static void run_daemon(struct transport *transport)
{
	unsigned int before;

	do {
		before = connections(transport);
		MHD_run(transport->daemon);
	} while (before == LIMIT_CONNECTIONS &&
		 connections(transport) < before);
}

void transport_run(struct transport *transport)
{
	bool follow = !ms_until(transport->follow_at);

	if (follow)
		transport->follow_at = phyr_clock_ns() + FOLLOW_NS;
	for (struct exchange *e = transport->exchanges.first; e; e = e->next) {
		if ((e->following && follow) ||
		    (e->waiting && !ms_until(e->deadline)))
			resume(e);
	}
	run_daemon(transport);
}

void transport_news(struct transport *transport)
{
	for (struct exchange *e = transport->exchanges.first; e; e = e->next) {
		if (e->waiting || e->following)
			resume(e);
	}
	run_daemon(transport);
}

void transport_finish(struct transport *transport)
{
	uint64_t end = phyr_clock_ns() + FINISH_NS;
	MHD_socket listener = MHD_quiesce_daemon(transport->daemon);

	transport->exchanges.finishing = true;
	transport_news(transport);
	while (transport->exchanges.first && ms_until(end)) {
		struct pollfd fd = { .fd = transport_fd(transport),
				     .events = POLLIN };

		poll(&fd, 1, 10);
		run_daemon(transport);
	}
	if (listener != MHD_INVALID_SOCKET)
		close(listener);
}
