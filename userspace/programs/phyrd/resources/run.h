/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RUN_H
#define RUN_H

#include "reply.h"
#include "store.h"

/**
 * run_reply() - answer with a run
 * @samples: with those of its results
 */
void run_reply(struct store *store, uint64_t id, unsigned int status,
	       bool samples, struct http_reply *reply);

/**
 * run_reply_created() - 201 with the run and its Location
 */
void run_reply_created(struct store *store, uint64_t id,
		       struct http_reply *reply);

#endif
