// SPDX-License-Identifier: GPL-2.0-only
/* A run that is asked for, as the JSON that asks for it. */
#include <stdbool.h>
#include <string.h>

#include "run_head.h"
#include "run_request.h"

/* What all workloads have in common is said once. */
static bool is_uniform(const struct run_request *request)
{
	const struct phyr_run_item *first = request->workloads;

	for (size_t i = 1; i < request->n; i++) {
		const struct phyr_run_item *item = &request->workloads[i];

		if (item->samples != first->samples ||
		    item->warmup != first->warmup)
			return false;
	}
	return true;
}

static void add_counts(json_t *json, const struct phyr_run_item *item)
{
	json_object_set_new(json, "samples", json_integer(item->samples));
	json_object_set_new(json, "warmup", json_integer(item->warmup));
}

static json_t *render_workload(const struct phyr_run_item *item, bool counts)
{
	char name[PHYR_WORKLOAD_NAME];
	json_t *json;

	phyr_workload_format(&item->workload, name);
	if (!counts && !*item->device)
		return json_string(name);
	json = json_pack("{s:s}", "workload", name);
	if (counts)
		add_counts(json, item);
	if (*item->device)
		json_object_set_new(json, "device", json_string(item->device));
	return json;
}

json_t *run_request_render(const struct run_request *request)
{
	bool uniform = is_uniform(request);
	json_t *json = json_object(), *workloads = json_array();

	if (*request->name)
		json_object_set_new(json, "name", json_string(request->name));
	if (*request->tags)
		json_object_set_new(json, "tags",
				    run_tags_render(request->tags));
	if (*request->notes)
		json_object_set_new(json, "notes", json_string(request->notes));
	if (uniform)
		add_counts(json, request->workloads);
	for (size_t i = 0; i < request->n; i++)
		json_array_append_new(workloads,
				      render_workload(&request->workloads[i],
						      !uniform));
	json_object_set_new(json, "workloads", workloads);
	return json;
}
