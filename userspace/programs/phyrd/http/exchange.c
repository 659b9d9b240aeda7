// SPDX-License-Identifier: GPL-2.0-only
/* An HTTP request's body as it comes in, and its reply as it goes out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "exchange.h"
#include "limits.h"
#include "log.h"

/* A reply of no more than this is sent whole, with its length. */
#define WHOLE_BYTES (16 * 1024)
#define BLOCK_BYTES (16 * 1024)

struct exchange *exchange_create(struct exchanges *all,
				 struct MHD_Connection *connection,
				 struct peer *peer, size_t limit,
				 size_t announced)
{
	struct exchange *new = calloc(1, sizeof(*new));

	if (!new)
		return NULL;
	new->all = all;
	new->connection = connection;
	new->peer = peer;
	new->limit = announced ? announced : limit;
	new->counted = announced;
	all->bodies += announced;
	new->next = all->first;
	all->first = new;
	return new;
}

static int socket_of(const struct exchange *exchange)
{
	return MHD_get_connection_info(exchange->connection,
				       MHD_CONNECTION_INFO_CONNECTION_FD)
		->connect_fd;
}

static bool is_watched(enum exchange_pause why)
{
	return why == PAUSE_WAIT || why == PAUSE_FOLLOW;
}

/* microhttpd does not look at connections that are suspended, but we do. */
void exchange_suspend(struct exchange *exchange, enum exchange_pause why)
{
	struct epoll_event event = { .events = EPOLLRDHUP,
				     .data.ptr = exchange };

	exchange->pause = why;
	peer_owes(exchange->peer, PEER_OWES_NOTHING);
	MHD_suspend_connection(exchange->connection);
	if (is_watched(why))
		epoll_ctl(exchange->all->hang_ups, EPOLL_CTL_ADD,
			  socket_of(exchange), &event);
}

void exchange_resume(struct exchange *exchange)
{
	if (is_watched(exchange->pause))
		epoll_ctl(exchange->all->hang_ups, EPOLL_CTL_DEL,
			  socket_of(exchange), NULL);
	exchange->pause = PAUSE_NONE;
	peer_owes(exchange->peer, PEER_OWES_READING);
	MHD_resume_connection(exchange->connection);
}

bool exchange_become_patient(struct exchange *exchange)
{
	if (exchange->patient)
		return true;
	if (exchange->all->patient == LIMIT_WAITING)
		return false;
	exchange->all->patient++;
	exchange->patient = true;
	return true;
}

void exchange_free_body(struct exchange *exchange)
{
	exchange->all->bodies -= exchange->counted;
	free(exchange->body);
	exchange->body = NULL;
	exchange->room = exchange->counted = 0;
}

void exchange_destroy(struct exchange *exchange)
{
	struct exchange **link = &exchange->all->first;

	while (*link != exchange)
		link = &(*link)->next;
	*link = exchange->next;
	exchange->all->patient -= exchange->patient;
	if (exchange->stream)
		exchange->stream->destroy(exchange->stream);
	text_clear(&exchange->piece);
	exchange_free_body(exchange);
	free(exchange);
}

static int grow_body(struct exchange *exchange, size_t total)
{
	struct exchanges *all = exchange->all;
	size_t left = LIMIT_BODIES_BYTES - (all->bodies - exchange->counted);
	size_t room = 2 * total;
	char *body;

	if (room > exchange->limit)
		room = exchange->limit;
	if (room > left)
		room = left;
	if (room < total)
		return -ENOMEM;
	body = realloc(exchange->body, room);
	if (!body)
		return -ENOMEM;
	exchange->body = body;
	exchange->room = room;
	if (room > exchange->counted) {
		all->bodies += room - exchange->counted;
		exchange->counted = room;
	}
	return 0;
}

int exchange_append(struct exchange *exchange, const char *data, size_t len)
{
	size_t total = exchange->len + len;

	if (total <= exchange->limit) {
		if (total > exchange->room && grow_body(exchange, total))
			return -ENOMEM;
		memcpy(exchange->body + exchange->len, data, len);
	}
	exchange->len = total;
	return 0;
}

/*
 * Hands out the stream's next bytes. While it has no news the connection is
 * suspended; transport_run() resumes it to ask again.
 */
static ssize_t read_stream(void *cls, uint64_t position, char *buffer,
			   size_t room)
{
	struct exchange *exchange = cls;
	struct text *piece = &exchange->piece;
	size_t len;

	(void)position;
	peer_owes(exchange->peer, PEER_OWES_READING);
	while (exchange->sent == piece->len) {
		int ret;

		if (exchange->ended || exchange->gone)
			return MHD_CONTENT_READER_END_OF_STREAM;
		piece->len = exchange->sent = 0;
		ret = exchange->stream->next(exchange->stream, piece);
		if (ret == -EAGAIN && !exchange->all->finishing) {
			if (!exchange_become_patient(exchange))
				return MHD_CONTENT_READER_END_OF_STREAM;
			exchange_suspend(exchange, PAUSE_FOLLOW);
			return 0;
		}
		if (ret < 0 && ret != -EAGAIN) {
			log_line(LOG_FAILURE, "%.64s: the reply broke off: %s",
				 exchange->work.request.path, strerror(-ret));
			return MHD_CONTENT_READER_END_WITH_ERROR;
		}
		exchange->ended = ret != 1;
	}
	len = piece->len - exchange->sent;
	if (len > room)
		len = room;
	memcpy(buffer, piece->data + exchange->sent, len);
	exchange->sent += len;
	return (ssize_t)len;
}

static struct MHD_Response *create_text_response(struct text *text)
{
	struct MHD_Response *response;

	if (text->failed) {
		text_clear(text);
		return NULL;
	}
	response = MHD_create_response_from_buffer(
		text->len, text->data ? text->data : (void *)"",
		text->data ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
	if (response)
		*text = (struct text){ 0 };
	else
		text_clear(text);
	return response;
}

/* Takes the stream over. One that turns out to be short is sent as text. */
static struct MHD_Response *create_stream_response(struct exchange *exchange,
						   struct http_reply *reply)
{
	struct text *piece = &exchange->piece;
	int ret;

	exchange->stream = reply->stream;
	do {
		ret = exchange->stream->next(exchange->stream, piece);
	} while (ret == 1 && piece->len < WHOLE_BYTES);
	if (ret < 0 && ret != -EAGAIN) {
		struct problem problem;

		piece->len = 0;
		problem_set(&problem, MHD_HTTP_INTERNAL_SERVER_ERROR,
			    "Reading the results: %s", strerror(-ret));
		reply_problem(reply, &problem);
		return create_text_response(&reply->body);
	}
	if (ret == -EAGAIN && !exchange_become_patient(exchange)) {
		piece->len = 0;
		reply_too_many_waiting(reply);
		return create_text_response(&reply->body);
	}
	exchange->ended = !ret;
	if (exchange->ended)
		return create_text_response(piece);
	return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES,
						 read_stream, exchange, NULL);
}

struct MHD_Response *exchange_create_response(struct exchange *exchange,
					      struct http_reply *reply)
{
	if (reply->stream)
		return create_stream_response(exchange, reply);
	if (reply->constant)
		return MHD_create_response_from_buffer(reply->constant_len,
						       (void *)reply->constant,
						       MHD_RESPMEM_PERSISTENT);
	return create_text_response(&reply->body);
}
