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
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <microhttpd.h>

#include <phyr/clock.h>

#include "exchange.h"
#include "incoming.h"
#include "limits.h"
#include "log.h"
#include "outgoing.h"
#include "transport.h"

#define FINISH_NS UINT64_C(1000000000)
#define FOLLOW_NS UINT64_C(250000000)
#define CONNECTION_BYTES (24 * 1024) /* headers and what is being sent */
#define EVENTS 64
#define MOST_MS 1000000000

struct transport {
	struct MHD_Daemon *daemon;
	struct service service;
	struct traffic traffic;
	struct peers peers;
	struct exchanges exchanges;
	uint64_t follow_at; /* ns, when to look for news again */
	int fd; /* epoll of the three: microhttpd's, hang-ups, work that is done */
	int work_done;
};

/* Rounded up: nobody is to look again and again for what is not due yet. */
static int ms_until(uint64_t deadline)
{
	uint64_t now = phyr_clock_ns(), ms;

	if (deadline <= now)
		return 0;
	ms = (deadline - now + 999999) / 1000000;
	return ms > MOST_MS ? MOST_MS : (int)ms;
}

static struct peer *peer_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection,
				       MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		->socket_context;
}

/* Lets the request be carried out by a thread, when there is one. */
static enum MHD_Result begin_work(struct transport *transport,
				  struct exchange *exchange)
{
	exchange->work.service = &transport->service;
	exchange->work.news = transport->work_done;
	exchange_suspend(exchange, PAUSE_QUEUE);
	eventfd_write(transport->work_done, 1);
	return MHD_YES;
}

static enum MHD_Result answer(struct transport *transport,
			      struct exchange *exchange,
			      struct http_reply *reply)
{
	exchange_free_body(exchange);
	if (reply->wait_seconds && !exchange_become_patient(exchange)) {
		reply->wait_seconds = 0;
		reply_too_many_waiting(reply);
	}
	if (!reply->wait_seconds) {
		peer_owes(exchange->peer, PEER_OWES_READING);
		return outgoing_send(exchange->connection, exchange,
				     &exchange->work.request, reply,
				     transport->exchanges.finishing,
				     &transport->traffic);
	}
	if (!exchange->deadline)
		exchange->deadline = phyr_clock_ns() +
				     (uint64_t)reply->wait_seconds * 1000000000;
	exchange_suspend(exchange, PAUSE_WAIT);
	return MHD_YES;
}

static enum MHD_Result serve(struct transport *transport,
			     struct exchange *exchange, const char *method,
			     const char *path)
{
	struct http_request *request = &exchange->work.request;
	struct http_reply reply;

	if (work_is_done(&exchange->work))
		return answer(transport, exchange, &exchange->work.reply);
	incoming_describe(exchange->connection, method, path,
			  exchange->authority, request);
	request->traffic = &transport->traffic;
	request->body = exchange->body ? exchange->body : "";
	request->body_len = exchange->len;
	request->waited = transport->exchanges.finishing || exchange->gone ||
			  (exchange->deadline && !ms_until(exchange->deadline));
	transport->traffic.connections = transport->peers.n;
	if (service_is_slow(service_find(&transport->service, request),
			    request))
		return begin_work(transport, exchange);
	service_handle(&transport->service, request, &reply);
	return answer(transport, exchange, &reply);
}

/*
 * Refuses a request with a body if its headers alone give reason to: true if it
 * did. Others are refused when they are served, which keeps the connection.
 */
static bool refuse_early(struct transport *transport,
			 struct MHD_Connection *connection, const char *method,
			 const char *path, size_t *limit, size_t *announced,
			 enum MHD_Result *ret)
{
	const char *length =
		incoming_header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
	unsigned long long bytes = length ? strtoull(length, NULL, 10) : 0;
	bool chunked =
		incoming_header(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING);
	char authority[INCOMING_AUTHORITY] = "";
	struct http_request request;
	struct http_reply reply;

	incoming_describe(connection, method, path, authority, &request);
	*limit =
		service_body_limit(service_find(&transport->service, &request));
	if (!bytes && !chunked)
		return false;
	if (!service_refuses(&transport->service, &request, bytes, &reply)) {
		*announced = bytes;
		if (transport->exchanges.bodies + bytes <= LIMIT_BODIES_BYTES)
			return false;
		reply_too_many_bodies(&reply);
	}
	*ret = outgoing_send(connection, NULL, &request, &reply, true,
			     &transport->traffic);
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
	struct peer *peer = peer_of(connection);
	size_t limit, announced = 0;
	enum MHD_Result ret;

	(void)version;
	if (!*exchange) {
		peer_owes(peer, PEER_OWES_BODY);
		if (refuse_early(transport, connection, method, path, &limit,
				 &announced, &ret))
			return ret;
		*exchange = exchange_create(&transport->exchanges, connection,
					    peer, limit, announced);
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
	(void)code;
	if (*exchange)
		exchange_destroy(*exchange);
	*exchange = NULL;
	peer_owes(peer_of(connection), PEER_OWES_HEADERS);
}

static void connected(void *cls, struct MHD_Connection *connection, void **peer,
		      enum MHD_ConnectionNotificationCode code)
{
	struct transport *transport = cls;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED)
		peers_remove(&transport->peers, *peer);
	else
		*peer = peers_add(&transport->peers,
				  MHD_get_connection_info(
					  connection,
					  MHD_CONNECTION_INFO_CONNECTION_FD)
					  ->connect_fd);
}

/* Called before a connection is there. */
static enum MHD_Result admit(void *cls, const struct sockaddr *address,
			     socklen_t len)
{
	struct transport *transport = cls;

	(void)len;
	return peers_admit(&transport->peers, address) ? MHD_YES : MHD_NO;
}

static int watch(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int open_files(struct transport *transport)
{
	int ret;

	transport->fd = epoll_create1(EPOLL_CLOEXEC);
	transport->exchanges.hang_ups = epoll_create1(EPOLL_CLOEXEC);
	transport->work_done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (transport->fd < 0 || transport->exchanges.hang_ups < 0 ||
	    transport->work_done < 0)
		return -errno;
	ret = watch(transport->fd, transport->exchanges.hang_ups);
	return ret ? ret : watch(transport->fd, transport->work_done);
}

static int start_daemon(struct transport *transport,
			const struct sockaddr *address)
{
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;

	if (address->sa_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	errno = 0;
	transport->daemon = MHD_start_daemon(
		flags, 0, admit, transport, handle, transport,
		MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_NOTIFY_COMPLETED,
		completed, transport, MHD_OPTION_NOTIFY_CONNECTION, connected,
		transport, MHD_OPTION_URI_LOG_CALLBACK, incoming_cut_query,
		NULL, MHD_OPTION_CONNECTION_LIMIT, transport->peers.limit,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)LIMIT_IDLE_SECONDS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
		MHD_OPTION_LISTEN_BACKLOG_SIZE, (unsigned int)LIMIT_BACKLOG,
		MHD_OPTION_END);
	if (!transport->daemon)
		return errno ? -errno : -EIO;
	return watch(transport->fd,
		     MHD_get_daemon_info(transport->daemon,
					 MHD_DAEMON_INFO_EPOLL_FD)
			     ->epoll_fd);
}

int transport_create(const struct sockaddr *address,
		     const struct service *service, unsigned int connections,
		     struct transport **transport)
{
	struct transport *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return -ENOMEM;
	new->service = *service;
	new->peers.limit = connections;
	ret = open_files(new);
	if (!ret)
		ret = start_daemon(new, address);
	if (ret) {
		transport_destroy(new);
		return ret;
	}
	*transport = new;
	return 0;
}

static void close_file(int fd)
{
	if (fd >= 0)
		close(fd);
}

void transport_destroy(struct transport *transport)
{
	if (!transport)
		return;
	if (transport->daemon)
		MHD_stop_daemon(transport->daemon);
	close_file(transport->work_done);
	close_file(transport->exchanges.hang_ups);
	close_file(transport->fd);
	free(transport);
}

unsigned int transport_port(const struct transport *transport)
{
	return MHD_get_daemon_info(transport->daemon, MHD_DAEMON_INFO_BIND_PORT)
		->port;
}

int transport_fd(const struct transport *transport)
{
	return transport->fd;
}

int transport_timeout(const struct transport *transport)
{
	uint64_t deadline = peers_deadline(&transport->peers);
	MHD_UNSIGNED_LONG_LONG idle;
	int timeout = -1;

	for (struct exchange *e = transport->exchanges.first; e; e = e->next) {
		uint64_t due = UINT64_MAX;

		if (e->pause == PAUSE_WAIT)
			due = e->deadline;
		if (e->pause == PAUSE_FOLLOW)
			due = transport->follow_at;
		if (due < deadline)
			deadline = due;
	}
	if (deadline != UINT64_MAX)
		timeout = ms_until(deadline);
	if (MHD_get_timeout(transport->daemon, &idle) == MHD_YES &&
	    (timeout < 0 || idle < (unsigned int)timeout))
		timeout = (int)idle;
	return timeout;
}

/*
 * Where microhttpd has stopped listening, for want of places or of files, only
 * the next call of MHD_run() after a connection has gone lets it listen again.
 */
static void run_daemon(struct transport *transport)
{
	unsigned int before;

	do {
		before = transport->peers.n;
		MHD_run(transport->daemon);
	} while (transport->peers.n < before);
}

/* Those who wait and have hung up get what there is. */
static void look_for_hang_ups(struct transport *transport)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(transport->exchanges.hang_ups, events, EVENTS, 0);

	for (int i = 0; i < n; i++) {
		struct exchange *exchange = events[i].data.ptr;

		exchange->gone = true;
		exchange_resume(exchange);
	}
}

/* The one that has waited longest for a thread, or NULL. */
static struct exchange *next_in_queue(struct transport *transport)
{
	struct exchange *last = NULL;

	for (struct exchange *e = transport->exchanges.first; e; e = e->next) {
		if (e->pause == PAUSE_QUEUE)
			last = e;
	}
	return last;
}

static void look_after_work(struct transport *transport)
{
	struct exchanges *all = &transport->exchanges;
	struct exchange *next;
	eventfd_t news;

	eventfd_read(transport->work_done, &news);
	for (struct exchange *e = all->first; e; e = e->next) {
		if (e->pause != PAUSE_WORK || !work_is_done(&e->work))
			continue;
		work_finish(&e->work);
		all->working--;
		exchange_resume(e);
	}
	while (all->working < LIMIT_WORKERS &&
	       (next = next_in_queue(transport))) {
		all->working++;
		next->pause = PAUSE_WORK;
		work_start(&next->work);
	}
}

static void note_crowd(struct transport *transport, uint64_t cut)
{
	if (transport->peers.cut != cut)
		log_line(
			LOG_CROWD,
			"%u of %u connections are open; those that took too long were closed",
			transport->peers.n, transport->peers.limit);
}

void transport_run(struct transport *transport)
{
	bool follow = !ms_until(transport->follow_at);
	uint64_t cut = transport->peers.cut;

	if (follow)
		transport->follow_at = phyr_clock_ns() + FOLLOW_NS;
	for (struct exchange *e = transport->exchanges.first; e; e = e->next) {
		if ((e->pause == PAUSE_FOLLOW && follow) ||
		    (e->pause == PAUSE_WAIT && !ms_until(e->deadline)))
			exchange_resume(e);
	}
	look_for_hang_ups(transport);
	look_after_work(transport);
	peers_cut_late(&transport->peers);
	note_crowd(transport, cut);
	run_daemon(transport);
}

void transport_news(struct transport *transport)
{
	for (struct exchange *e = transport->exchanges.first; e; e = e->next) {
		if (e->pause == PAUSE_WAIT || e->pause == PAUSE_FOLLOW)
			exchange_resume(e);
	}
	run_daemon(transport);
}

/* Threads cannot be ended; what they do takes a second at most. */
static void finish_work(struct transport *transport)
{
	for (struct exchange *e = transport->exchanges.first; e; e = e->next) {
		if (e->pause == PAUSE_QUEUE)
			work_start(&e->work);
		else if (e->pause != PAUSE_WORK)
			continue;
		work_finish(&e->work);
		exchange_resume(e);
	}
}

void transport_finish(struct transport *transport)
{
	uint64_t end = phyr_clock_ns() + FINISH_NS;
	MHD_socket listener = MHD_quiesce_daemon(transport->daemon);

	transport->exchanges.finishing = true;
	transport_news(transport);
	finish_work(transport);
	run_daemon(transport);
	while (transport->exchanges.first && ms_until(end)) {
		struct pollfd fd = { .fd = transport_fd(transport),
				     .events = POLLIN };

		poll(&fd, 1, 10);
		finish_work(transport);
		run_daemon(transport);
	}
	finish_work(transport);
	if (listener != MHD_INVALID_SOCKET)
		close(listener);
}
