/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include <stdatomic.h>
#include <stdint.h>

/* Replies of status 5xx are class 5, the largest. */
#define TRAFFIC_CLASSES 6

/**
 * struct traffic - what the transport counts; any thread may read it
 * @replies: replies by the first digit of their status
 * @connections: open now
 */
struct traffic {
	_Atomic uint64_t replies[TRAFFIC_CLASSES];
	atomic_uint connections;
};

#endif
