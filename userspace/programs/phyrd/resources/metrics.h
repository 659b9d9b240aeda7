/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef METRICS_H
#define METRICS_H

#include <stdint.h>

#include "store.h"

/* The largest class: 5xx. */
#define METRICS_CLASSES 6

/**
 * struct metrics - what the transport counts
 * @replies: replies by the first digit of their status
 * @connections: open now
 */
struct metrics {
	uint64_t replies[METRICS_CLASSES];
	unsigned int connections;
};

/**
 * metrics_render() - OpenMetrics text
 */
void metrics_render(const struct metrics *metrics, struct store *store,
		    struct text *text);

#endif
