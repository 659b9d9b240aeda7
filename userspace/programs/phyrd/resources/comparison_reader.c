// SPDX-License-Identifier: GPL-2.0-only
/* What of a comparison is refused while it is read, and what is to blame. */
#include <stdio.h>
#include <string.h>
#include <microhttpd.h>

#include "comparison_reader.h"
#include "limits.h"

#define FIELD_ROOM 64

/* A member of the element that is read, or that itself. */
static void name_field(const struct comparison *comparison, const char *member,
		       char field[FIELD_ROOM])
{
	snprintf(field, FIELD_ROOM, "%s[%zu]%s%.20s", comparison->list,
		 comparison->number, *member ? "." : "", member);
}

int comparison_refuse(struct comparison *comparison, const char *member,
		      const char *what)
{
	char field[FIELD_ROOM];

	name_field(comparison, member, field);
	return problem_set_field(comparison->body.problem, field, "%s", what);
}

int comparison_refuse_limit(struct comparison *comparison, const char *member,
			    const char *what, long long limit)
{
	char field[FIELD_ROOM];

	name_field(comparison, member, field);
	return problem_set_limit(comparison->body.problem,
				 MHD_HTTP_UNPROCESSABLE_CONTENT, field, what,
				 limit);
}

bool comparison_is_first(struct comparison *comparison, const char *kind,
			 const char *name)
{
	size_t n = json_object_size(comparison->seen);
	json_t *key = json_sprintf("%s %s", kind, name);

	json_object_set_new(comparison->seen, json_string_value(key),
			    json_null());
	json_decref(key);
	return json_object_size(comparison->seen) > n;
}

int comparison_check_member(struct comparison *comparison, const char *name,
			    const json_t *value)
{
	struct problem *problem = comparison->body.problem;

	if (!value && !comparison_is_first(comparison, "member", name))
		return problem_set_field(problem, name, "there already");
	comparison->kept += value ? json_string_length(value)
				  : strlen(name) + strlen("\"\":\"\",");
	if (comparison->kept <= LIMIT_PART_BYTES)
		return 0;
	return problem_set_limit(problem, MHD_HTTP_CONTENT_TOO_LARGE, name,
				 "longer names and texts", LIMIT_PART_BYTES);
}

void comparison_blame_element(const struct comparison *comparison,
			      struct problem *problem)
{
	char text[sizeof(problem->detail)], field[FIELD_ROOM] = "rows";
	size_t len = strlen(problem->field);

	if (strncmp(problem->field, "benchmarks", 10))
		return;
	if (comparison->list)
		name_field(comparison, "", field);
	strcpy(text, problem->detail + len);
	snprintf(problem->detail, sizeof(problem->detail), "%s%.400s", field,
		 text);
	strcpy(problem->field, field);
}
