/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIMITS_H
#define LIMITS_H

/*
 * What a client may ask for. GET /api/v1/system shows the limits, openapi.json
 * says what they are about, and a problem document names the one that was hit.
 */

/* The body of an HTTP request, one that is imported, all that are under way. */
#define LIMIT_BODY_BYTES (256 * 1024)
#define LIMIT_IMPORT_BYTES (32 * 1024 * 1024)
#define LIMIT_BODIES_BYTES (36 * 1024 * 1024)

/* Of a run: its name, its workloads, and the samples of all of them. */
#define LIMIT_NAME_BYTES 100
#define LIMIT_WORKLOADS 512
#define LIMIT_RUN_SAMPLES 200000

/* What people say about a run: tags, each so long, and notes. */
#define LIMIT_TAGS 16
#define LIMIT_TAG_BYTES 40
#define LIMIT_NOTES_BYTES 1000
#define LIMIT_TAGS_ROOM (LIMIT_TAGS * (LIMIT_TAG_BYTES + 1))

/* GIDs that are shown of a port. */
#define LIMIT_GIDS 64

/* Words that a list of runs is searched for. */
#define LIMIT_SEARCH_WORDS 8

/* Of a workload: samples, and rounds before the first of them. */
#define LIMIT_SAMPLES 10000
#define LIMIT_WARMUP 10000

/*
 * Of what is imported: one row, or the context; the name of a workload; the
 * parameters and the aggregates of a result; one time, which a JSON number
 * holds to the picosecond: 9007 seconds.
 */
#define LIMIT_PART_BYTES (64 * 1024)
#define LIMIT_WORKLOAD_BYTES 200
#define LIMIT_PARAMETERS 32
#define LIMIT_AGGREGATES 32
#define LIMIT_TIME_PS 9007199254740991.0

/* Figures in /metrics, and the newest runs that they are taken from. */
#define LIMIT_FIGURES 500
#define LIMIT_FIGURE_RUNS 8

/* Runs that wait, runs that have ended and are kept, runs in one list. */
#define LIMIT_QUEUE 16
#define LIMIT_HISTORY 100000
#define LIMIT_PAGE 200

/* Seconds that a reply may wait for the end of a run. */
#define LIMIT_WAIT_SECONDS 3600

/*
 * Connections that are served: of them those whose reply waits for something to
 * happen, and those that are kept for clients on this machine; connections that
 * wait to be accepted; requests that are carried out beside others.
 */
#define LIMIT_CONNECTIONS 512
#define LIMIT_WAITING 256
#define LIMIT_LOCAL_CONNECTIONS 16
#define LIMIT_BACKLOG 1024
#define LIMIT_WORKERS 4

/*
 * Seconds until the headers of a request must be there, and then its body; the
 * same while only the connections of LIMIT_LOCAL_CONNECTIONS are left, in which
 * a reply must have been read, too.
 */
#define LIMIT_IDLE_SECONDS 30
#define LIMIT_BODY_SECONDS 60
#define LIMIT_HURRY_SECONDS 2
#define LIMIT_BODY_HURRY_SECONDS 10

/* Lines of one kind that are logged in so many seconds. */
#define LIMIT_LOG_LINES 10
#define LIMIT_LOG_SECONDS 60

/* Files that phyrd has open besides its connections. */
#define LIMIT_OTHER_FILES 24

/* What holds if a client, or the command line, says nothing. */
#define DEFAULT_SAMPLES 20
#define DEFAULT_WARMUP 3
#define DEFAULT_HISTORY 1000
#define DEFAULT_PAGE 50

#endif
