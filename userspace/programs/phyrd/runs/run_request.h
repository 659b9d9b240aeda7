/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RUN_REQUEST_H
#define RUN_REQUEST_H

#include <stddef.h>
#include <phyr/run.h>

#include "limits.h"

/**
 * struct run_request - the run that a client asks for
 * @name: the client's name for it, UTF-8, may be empty
 * @workloads: what to measure
 * @n: how many
 */
struct run_request {
	char name[LIMIT_NAME_BYTES + 1];
	struct phyr_run_item workloads[LIMIT_WORKLOADS];
	size_t n;
};

#endif
