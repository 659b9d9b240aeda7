/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIMITS_H
#define LIMITS_H

/*
 * What a client may ask for. GET /api/v1/system shows all of them, and a
 * problem document that refuses something names the one that was hit.
 */

#define LIMIT_BODY_BYTES (256 * 1024)
#define LIMIT_IMPORT_BYTES (32 * 1024 * 1024) /* of a body that is imported */
#define LIMIT_PART_BYTES (64 * 1024) /* of a row of it, or its context */
#define LIMIT_BODIES_BYTES (36 * 1024 * 1024) /* of all bodies under way */
#define LIMIT_NAME_BYTES 100
#define LIMIT_WORKLOAD_BYTES 200 /* of a workload's name that is imported */
#define LIMIT_WORKLOADS 256 /* in a run */
#define LIMIT_PARAMETERS 32 /* of a result that is imported */
#define LIMIT_AGGREGATES 32 /* of a result that is imported */
#define LIMIT_SAMPLES 10000 /* of a workload */
#define LIMIT_WARMUP 10000 /* rounds of a workload */
#define LIMIT_RUN_SAMPLES 200000 /* of all workloads of a run */
#define LIMIT_QUEUE 16 /* runs that have not started */
#define LIMIT_HISTORY 100000 /* runs that have ended, see --history */
#define LIMIT_PAGE 200 /* runs in a list */
#define LIMIT_WAIT_SECONDS 3600
#define LIMIT_CONNECTIONS 512 /* that are served */
#define LIMIT_BACKLOG 1024 /* connections that wait to be accepted */
#define LIMIT_IDLE_SECONDS 30 /* of a connection */

#define DEFAULT_SAMPLES 20
#define DEFAULT_WARMUP 3
#define DEFAULT_HISTORY 1000
#define DEFAULT_PAGE 50

#endif
