// SPDX-License-Identifier: GPL-2.0-only
/* The body of POST /api/v1/runs: any bytes are a run request within the limits or a problem. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "run_request_parse.h"

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
	return 0;
}
