/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REPLY_H
#define REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "problem.h"
#include "stream.h"
#include "text.h"

/**
 * struct http_reply - what to answer
 * @status: HTTP status
 * @type: Content-Type, or NULL without a body
 * @body: the body, owned by the receiver
 * @constant: if not NULL, the body instead, @constant_len bytes that stay
 * @stream: if not NULL, the body instead, owned by the receiver
 * @allow: value of the Allow header, or empty
 * @location: value of the Location header, or empty
 * @challenge: ask for the token
 * @detail: of a problem, for the log
 * @wait_seconds: if not 0, there is no answer yet: ask again at the next news,
 *	see transport_news(), and with @waited set after so many seconds
 */
struct http_reply {
	unsigned int status;
	const char *type;
	struct text body;
	const void *constant;
	size_t constant_len;
	struct stream *stream;
	char allow[40];
	char location[96];
	bool challenge;
	char detail[200];
	unsigned int wait_seconds;
};

void reply_json(struct http_reply *reply, unsigned int status, json_t *body);

/**
 * reply_stream() - answer with JSON that is made while it is sent
 * @stream: NULL: out of memory, which is then the answer
 */
void reply_stream(struct http_reply *reply, unsigned int status,
		  struct stream *stream);

void reply_problem(struct http_reply *reply, const struct problem *problem);

/**
 * reply_body_too_long() - refuse a body over the limit of its route
 * @bytes: its size
 */
void reply_body_too_long(struct http_reply *reply, unsigned long long bytes,
			 size_t limit);

/**
 * reply_too_many_bodies() - refuse a body while LIMIT_BODIES_BYTES of others
 *	are under way
 */
void reply_too_many_bodies(struct http_reply *reply);

/**
 * reply_too_many_waiting() - refuse to let another client wait
 */
void reply_too_many_waiting(struct http_reply *reply);

#endif
