// SPDX-License-Identifier: GPL-2.0-only
/* Tells a comparison of kernels from a document of Google Benchmark. */
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

bool comparison_recognize(const char *text, size_t len)
{
	struct problem problem;
	struct body body = { .text = text, .len = len, .problem = &problem };
	bool found = false, other = !body_skip(&body, '{');

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
			!strncmp(json_string_value(value), "phyr-compar", 11);
		other = other || !body_skip(&body, ',');
		json_decref(value);
		json_decref(key);
	}
	return found;
}
