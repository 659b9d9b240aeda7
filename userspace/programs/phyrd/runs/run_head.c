// SPDX-License-Identifier: GPL-2.0-only
/* What is known of a run besides its results, as JSON. */
#include <string.h>

#include "run_head.h"

static const char *const states[] = {
	[RUN_QUEUED] = "queued",       [RUN_RUNNING] = "running",
	[RUN_DONE] = "done",	       [RUN_FAILED] = "failed",
	[RUN_CANCELLED] = "cancelled", [RUN_ABORTED] = "aborted",
};

const char *run_state_name(enum run_state state)
{
	return states[state];
}

enum run_state run_state_parse(const char *name)
{
	for (int i = 0; i < RUN_ABORTED; i++) {
		if (!strcmp(states[i], name))
			return i;
	}
	return RUN_ABORTED;
}

bool run_has_ended(const struct run_head *head)
{
	return head->state > RUN_RUNNING;
}

static void add_time(json_t *json, const char *name, uint64_t ns)
{
	if (ns)
		json_object_set_new(json, name, json_integer((json_int_t)ns));
}

json_t *run_tags_render(const char *tags)
{
	json_t *json = json_array();

	while (*tags) {
		size_t len = strcspn(tags, ",");

		json_array_append_new(json, json_stringn(tags, len));
		tags += len + (tags[len] == ',');
	}
	return json;
}

json_t *run_head_render(const struct run_head *head)
{
	json_t *json;

	json = json_pack("{s:I, s:s, s:s, s:s, s:I, s:I, s:s, s:s}", "id",
			 (json_int_t)head->id, "name", head->name, "source",
			 head->imported ? "imported" : "measured", "state",
			 states[head->state], "workloads",
			 (json_int_t)head->workloads, "finished",
			 (json_int_t)head->finished, "kernel", head->kernel,
			 "clock", head->clock);
	if (*head->reason)
		json_object_set_new(json, "reason", json_string(head->reason));
	if (*head->measuring)
		json_object_set_new(
			json, "measuring",
			json_pack("{s:s, s:I, s:I}", "workload",
				  head->measuring, "samples",
				  (json_int_t)head->samples, "of",
				  (json_int_t)head->samples_wanted));
	if (*head->tags)
		json_object_set_new(json, "tags", run_tags_render(head->tags));
	if (*head->notes)
		json_object_set_new(json, "notes", json_string(head->notes));
	add_time(json, "created_ns", head->created_ns);
	add_time(json, "started_ns", head->started_ns);
	add_time(json, "ended_ns", head->ended_ns);
	return json;
}
