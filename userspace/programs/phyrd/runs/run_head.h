/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RUN_HEAD_H
#define RUN_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include <phyr/workload.h>

#include "limits.h"

enum run_state {
	RUN_QUEUED,
	RUN_RUNNING,
	RUN_DONE,
	RUN_FAILED, /* no workload could be measured, or no result stored */
	RUN_CANCELLED, /* by a client */
	RUN_ABORTED, /* phyrd ended first */
};

/**
 * struct run_head - what is known of a run besides its results
 * @id: counted from 1, never used twice
 * @name: the client's name for it
 * @tags: the client's, with a comma between two
 * @notes: the client's
 * @imported: measured elsewhere
 * @state: its state
 * @reason: why it failed or was aborted, or empty
 * @workloads: how many were asked for
 * @finished: how many results are there, counted from the first
 * @created_ns: when it was added, in ns since 1970
 * @started_ns: when its measuring began, 0 if it did not
 * @ended_ns: when it ended, 0 before
 * @measuring: the workload that is being measured, or empty
 * @samples: how many it has
 * @samples_wanted: and will have
 * @kernel: release of the kernel that was measured
 * @clock: kind of its clock
 */
struct run_head {
	uint64_t id;
	char name[LIMIT_NAME_BYTES + 1];
	char tags[LIMIT_TAGS_ROOM];
	char notes[LIMIT_NOTES_BYTES + 1];
	bool imported;
	enum run_state state;
	char reason[320];
	size_t workloads;
	size_t finished;
	uint64_t created_ns;
	uint64_t started_ns;
	uint64_t ended_ns;
	char measuring[PHYR_WORKLOAD_NAME];
	unsigned int samples;
	unsigned int samples_wanted;
	char kernel[LIMIT_NAME_BYTES + 1];
	char clock[32];
};

const char *run_state_name(enum run_state state);

/**
 * run_state_parse() - the state of that name; RUN_ABORTED for any other
 */
enum run_state run_state_parse(const char *name);

bool run_has_ended(const struct run_head *head);

/**
 * run_tags_render() - an array of what has a comma between two
 */
json_t *run_tags_render(const char *tags);

json_t *run_head_render(const struct run_head *head);

#endif
