// SPDX-License-Identifier: GPL-2.0-only
/* The body of POST /api/v1/runs: any bytes are a run request within the limits or a problem. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "run_request_parse.h"

/* What it renders asks for the same. */
static void check_again(const struct run_request *request)
{
	static struct run_request again;
	json_t *json = run_request_render(request);
	char *text = json_dumps(json, 0);
	struct problem problem;

	check(text);
	check(!run_request_parse(text, strlen(text), &again, &problem));
	check(again.n == request->n);
	check(!strcmp(again.name, request->name));
	check(!strcmp(again.tags, request->tags));
	check(!strcmp(again.notes, request->notes));
	for (size_t i = 0; i < request->n; i++) {
		const struct phyr_run_item *a = &request->workloads[i];
		const struct phyr_run_item *b = &again.workloads[i];

		check(a->samples == b->samples && a->warmup == b->warmup);
		check(!strcmp(a->device, b->device));
		check(a->workload.family == b->workload.family &&
		      a->workload.series == b->workload.series &&
		      a->workload.size == b->workload.size);
	}
	free(text);
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct run_request request;
	char name[PHYR_WORKLOAD_NAME];
	struct problem problem;
	size_t samples = 0;

	if (run_request_parse((const char *)data, len, &request, &problem)) {
		check_problem(&problem);
		return 0;
	}
	check(request.n >= 1 && request.n <= LIMIT_WORKLOADS);
	check(strlen(request.name) <= LIMIT_NAME_BYTES);
	for (size_t i = 0; i < request.n; i++) {
		const struct phyr_run_item *item = &request.workloads[i];
		struct phyr_workload again;

		check(item->samples >= 1 && item->samples <= LIMIT_SAMPLES);
		check(item->warmup <= LIMIT_WARMUP);
		samples += item->samples;
		phyr_workload_format(&item->workload, name);
		check(!phyr_workload_parse(name, &again, NULL));
		check(phyr_workload_same_rounds(&item->workload, &again));
	}
	check(samples <= LIMIT_RUN_SAMPLES);
	check(strlen(request.notes) <= LIMIT_NOTES_BYTES);
	check_again(&request);
	return 0;
}
