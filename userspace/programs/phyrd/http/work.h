/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WORK_H
#define WORK_H

#include <pthread.h>
#include <stdatomic.h>

#include "service.h"

/**
 * struct work - a request that a thread of its own carries out
 * @service: what carries it out
 * @request: what it points to stays until the end
 * @reply: the outcome
 * @news: eventfd, written when the reply is there
 */
struct work {
	const struct service *service;
	struct http_request request;
	struct http_reply reply;
	int news;

	/* private: */
	pthread_t thread;
	atomic_bool done;
};

/**
 * work_start() - begin; without a thread it is done when this returns
 */
void work_start(struct work *work);
bool work_is_done(const struct work *work);

/**
 * work_finish() - await the end
 */
void work_finish(struct work *work);

#endif
