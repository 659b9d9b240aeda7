/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <microhttpd.h>

#include "incoming.h"
#include "peers.h"
#include "reply.h"
#include "work.h"

/**
 * struct exchanges - all HTTP requests under way, and what they share
 * @first: list, the newest first
 * @bodies: bytes allocated for their bodies, or announced
 * @patient: how many have waited for news, or follow them
 * @working: how many are carried out by a thread
 * @hang_ups: epoll of the sockets of those who wait; tells who has gone
 * @finishing: replies are not to wait for news any more
 */
struct exchanges {
	struct exchange *first;
	size_t bodies;
	unsigned int patient;
	unsigned int working;
	int hang_ups;
	bool finishing;
};

/**
 * struct exchange - an HTTP request and its reply
 * @all: where it is listed
 * @connection: microhttpd's
 * @peer: whose it is, or NULL
 * @body: bytes of the request
 * @room: allocated for @body
 * @counted: of @all->bodies
 * @len: bytes that the client has sent, kept or not
 * @limit: bytes that are kept at most
 * @authority: of a request for a whole URL, in place of its Host
 * @pause: why it is suspended
 * @patient: counted in @all
 * @gone: the client has hung up, at least what it sends with
 * @deadline: when it must have a reply, in ns; 0 if it never had to wait
 * @work: what carries it out
 * @stream: the reply, or NULL
 * @piece: part of @stream that is made but not all sent
 * @sent: bytes of @piece
 * @ended: @stream has no more
 * @next: in the list
 */
struct exchange {
	struct exchanges *all;
	struct MHD_Connection *connection;
	struct peer *peer;
	char *body;
	size_t room;
	size_t counted;
	size_t len;
	size_t limit;
	char authority[INCOMING_AUTHORITY];

	enum exchange_pause {
		PAUSE_NONE,
		PAUSE_WAIT, /* there is no reply yet */
		PAUSE_FOLLOW, /* the stream has no news */
		PAUSE_QUEUE, /* for a thread */
		PAUSE_WORK, /* of a thread */
	} pause;
	bool patient;
	bool gone;
	uint64_t deadline;
	struct work work;

	struct stream *stream;
	struct text piece;
	size_t sent;
	bool ended;

	struct exchange *next;
};

/**
 * exchange_create() - a request whose headers are there
 * @peer: whose it is, or NULL
 * @limit: bytes of its body that are kept
 * @announced: bytes that are kept free for it, 0 if it does not say
 *
 * Return: NULL: out of memory.
 */
struct exchange *exchange_create(struct exchanges *all,
				 struct MHD_Connection *connection,
				 struct peer *peer, size_t limit,
				 size_t announced);
void exchange_destroy(struct exchange *exchange);

/**
 * exchange_suspend() - let the client wait
 * @why: not PAUSE_NONE
 */
void exchange_suspend(struct exchange *exchange, enum exchange_pause why);

/**
 * exchange_resume() - ask for the reply, or for the next piece of it, again
 */
void exchange_resume(struct exchange *exchange);

/**
 * exchange_become_patient() - may it wait?
 *
 * Return: false if LIMIT_WAITING others do.
 */
bool exchange_become_patient(struct exchange *exchange);

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
