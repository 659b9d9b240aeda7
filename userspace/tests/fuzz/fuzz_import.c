// SPDX-License-Identifier: GPL-2.0-only
/* The body of POST /api/v1/import: any bytes are results that can be stored, or a problem. */
#include <stdlib.h>
#include <string.h>

#include "comparison.h"
#include "fuzz.h"
#include "gbench.h"

static void check_result(const struct archive_result *result)
{
	json_t *document = json_loadb(result->document.data,
				      result->document.len, 0, NULL);
	json_t *stats = json_object_get(document, "stats");

	check(json_is_object(document));
	check(json_is_string(json_object_get(document, "workload")));
	check(json_is_object(json_object_get(document, "parameters")));
	check(!!stats + !!json_object_get(document, "aggregates") +
		      !!json_object_get(document, "error") ==
	      1);
	check(!stats == !result->n);
	if (stats)
		check((size_t)json_integer_value(json_object_get(stats, "n")) ==
		      result->n);
	json_decref(document);
}

static void check_run(const struct gbench *gbench)
{
	size_t samples = 0;

	check(gbench->n >= 1 && gbench->n <= LIMIT_WORKLOADS);
	check(strlen(gbench->kernel) <= LIMIT_NAME_BYTES);
	check(strlen(gbench->name) <= LIMIT_NAME_BYTES);
	check(strlen(gbench->tags) < LIMIT_TAGS_ROOM);
	check(strlen(gbench->notes) <= LIMIT_NOTES_BYTES);
	for (size_t i = 0; i < gbench->n; i++) {
		check_result(&gbench->results[i]);
		samples += gbench->results[i].n;
	}
	check(samples <= LIMIT_RUN_SAMPLES);
}

static void check_comparison(const char *text, size_t len)
{
	struct gbench sides[2];
	struct problem problem;
	int ret = comparison_parse(text, len, sides, &problem);

	if (ret)
		check_problem(&problem);
	else
		check(sides[0].n || sides[1].n);
	for (int i = 0; i < 2; i++) {
		check(!ret || (!sides[i].results && !sides[i].context));
		if (sides[i].n)
			check_run(&sides[i]);
		gbench_clear(&sides[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	struct gbench gbench;
	struct problem problem;
	int ret = comparison_recognize(text, len, &problem);

	if (ret < 0) {
		check_problem(&problem);
	} else if (ret) {
		check_comparison(text, len);
	} else if (gbench_parse(text, len, &gbench, &problem)) {
		check(!gbench.results && !gbench.context);
		check_problem(&problem);
	} else {
		check_run(&gbench);
		gbench_clear(&gbench);
	}
	return 0;
}
