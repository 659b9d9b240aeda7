// SPDX-License-Identifier: GPL-2.0-only
/* A result as JSON. */
#include "render.h"

static json_t *render_parameters(const struct phyr_parameters *parameters)
{
	json_t *json = json_object();

	for (size_t i = 0; i < parameters->n; i++) {
		const struct phyr_parameter *p = &parameters->entries[i];

		json_object_set_new(json, p->name,
				    *p->text ? json_string(p->text)
					     : json_integer(p->number));
	}
	return json;
}

json_t *render_stats(const struct phyr_stats *stats)
{
	const struct {
		const char *name;
		uint64_t value;
	} members[] = {
		{ "n", stats->n },
		{ "min", stats->min },
		{ "p50", stats->p50 },
		{ "p90", stats->p90 },
		{ "p99", stats->p99 },
		{ "p999", stats->p999 },
		{ "max", stats->max },
		{ "mean", stats->mean },
		{ "median", stats->median },
		{ "median_low", stats->median_low },
		{ "median_high", stats->median_high },
	};
	json_t *json = json_object();

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		json_object_set_new(json, members[i].name,
				    json_integer((json_int_t)members[i].value));
	return json;
}

json_t *render_result(const struct phyr_run_item *item,
		      const struct phyr_result *result)
{
	char name[PHYR_WORKLOAD_NAME];
	json_t *json;

	phyr_workload_format(&item->workload, name);
	json = json_pack("{s:s}", "workload", name);
	if (result->status) {
		json_object_set_new(json, "error",
				    json_pack("{s:s, s:s}", "errno",
					      phyr_error_name(result->status),
					      "message",
					      result->error.message));
	} else {
		json_object_set_new(json, "unit", json_string("ns"));
		json_object_set_new(json, "stats",
				    render_stats(&result->stats));
	}
	json_object_set_new(json, "parameters",
			    render_parameters(&result->parameters));
	return json;
}
