// SPDX-License-Identifier: GPL-2.0-only
/* Tells what ./phyr writes from a document of Google Benchmark. */
#include <string.h>

#include "body.h"
#include "comparison.h"

/* Past a list, of which '[' has been read and which may be longer than a part. */
static bool skip_list(struct body *body)
{
	bool more = !body_skip(body, ']');

	if (!more)
		return true;
	while (more) {
		json_t *one = body_take(body);

		json_decref(one);
		if (!one)
			return false;
		more = body_skip(body, ',');
	}
	return body_skip(body, ']');
}

/* Of a document of ./phyr's: is it a comparison? */
static int judge(const char *schema, struct problem *problem)
{
	if (!strncmp(schema, "phyr-compar", 11))
		return 1;
	if (!strncmp(schema, "phyr-history", 12))
		return problem_set_field(
			problem, "schema",
			"a history of many kernels is no run: './phyr history --html FILE' shows it, './phyr compare --json FILE' writes two of its commits as they can be imported");
	return problem_set_field(
		problem, "schema",
		"'%.40s' cannot be imported; phyr-comparison/1, phyr-compare/2 and phyr-compare/3 can",
		schema);
}

int comparison_recognize(const char *text, size_t len, struct problem *problem)
{
	struct problem unused;
	struct body body = { .text = text, .len = len, .problem = &unused };
	bool found = false, other = !body_skip(&body, '{');
	int ret = 0;

	while (!found && !other) {
		json_t *key = body_take(&body), *value = NULL;
		const char *name = json_string_value(key);

		other = !name || !body_skip(&body, ':') ||
			!strcmp(name, "context") || !strcmp(name, "benchmarks");
		if (!other && body_skip(&body, '['))
			other = !skip_list(&body);
		else if (!other)
			other = !(value = body_take(&body));
		found = value && !strcmp(name, "schema") &&
			json_is_string(value) &&
			!strncmp(json_string_value(value), "phyr-", 5);
		if (found)
			ret = judge(json_string_value(value), problem);
		other = other || !body_skip(&body, ',');
		json_decref(value);
		json_decref(key);
	}
	return ret;
}
