/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RUN_REQUEST_H
#define RUN_REQUEST_H

#include <stddef.h>
#include <jansson.h>
#include <phyr/run.h>

#include "limits.h"

/**
 * struct run_request - the run that a client asks for
 * @name: the client's name for it, UTF-8, may be empty
 * @tags: the client's, with a comma between two
 * @notes: the client's
 * @workloads: what to measure
 * @n: how many
 */
struct run_request {
	char name[LIMIT_NAME_BYTES + 1];
	char tags[LIMIT_TAGS_ROOM];
	char notes[LIMIT_NOTES_BYTES + 1];
	struct phyr_run_item workloads[LIMIT_WORKLOADS];
	size_t n;
};

/**
 * run_request_render() - a document that asks for it again
 */
json_t *run_request_render(const struct run_request *request);

#endif
