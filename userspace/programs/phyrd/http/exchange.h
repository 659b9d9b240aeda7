/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <microhttpd.h>

#include "reply.h"

/**
 * struct exchanges - all HTTP requests under way, and what they share
 * @first: list
 * @bodies: bytes allocated for their bodies
 * @finishing: replies are not to wait for news any more
 */
struct exchanges {
	struct exchange *first;
	size_t bodies;
	bool finishing;
};

/**
 * struct exchange - an HTTP request and its reply
 * @all: where it is listed
 * @connection: microhttpd's
 * @body: bytes of the request
 * @room: allocated for @body
 * @len: bytes that the client has sent, kept or not
 * @limit: bytes that are kept at most
 * @waiting: suspended because there is no reply yet
 * @deadline: when it must have a reply, in ns; 0 if it never had to wait
 * @stream: the reply, or NULL
 * @piece: part of @stream that is made but not all sent
 * @sent: bytes of @piece
 * @ended: @stream has no more
 * @following: suspended because @stream has no news
 * @next: in the list
 */
struct exchange {
	struct exchanges *all;
	struct MHD_Connection *connection;
	char *body;
	size_t room;
	size_t len;
	size_t limit;
	bool waiting;
	uint64_t deadline;

	struct stream *stream;
	struct text piece;
	size_t sent;
	bool ended;
	bool following;

	struct exchange *next;
};

/**
 * exchange_create() - a request whose headers are there
 * @limit: bytes of its body that are kept
 *
 * Return: NULL: out of memory.
 */
struct exchange *exchange_create(struct exchanges *all,
				 struct MHD_Connection *connection,
				 size_t limit);
void exchange_destroy(struct exchange *exchange);

/**
 * exchange_append() - more of the request's body
 *
 * Bytes over the limit are counted and dropped: a client that is not allowed to
 * send all of its body would not read why it is refused.
 *
 * Return: 0, or -ENOMEM, also if LIMIT_BODIES_BYTES are under way.
 */
int exchange_append(struct exchange *exchange, const char *data, size_t len);
void exchange_free_body(struct exchange *exchange);

/**
 * exchange_create_response() - the reply for microhttpd, without headers
 * @exchange: takes a stream over; may be NULL if there is none
 * @reply: its body is used up; turned into a problem if its stream fails at
 *	once
 *
 * Return: NULL: out of memory.
 */
struct MHD_Response *exchange_create_response(struct exchange *exchange,
					      struct http_reply *reply);

#endif
