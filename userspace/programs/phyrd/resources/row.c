// SPDX-License-Identifier: GPL-2.0-only
/* What a row of Google Benchmark says, in the words of any of its versions. */
#include <stdio.h>
#include <string.h>
#include <microhttpd.h>

#include "body.h"
#include "limits.h"
#include "row.h"

#define FIELD_ROOM 100

/* The name of a member, or of the row. */
static void name_field(const struct row *row, const char *member,
		       char field[FIELD_ROOM])
{
	snprintf(field, FIELD_ROOM, "benchmarks[%zu]%s%s", row->number,
		 *member ? "." : "", member);
}

int row_refuse(const struct row *row, const char *member, const char *what)
{
	char field[FIELD_ROOM];

	name_field(row, member, field);
	return problem_set_field(row->problem, field, "%s", what);
}

int row_refuse_type(const struct row *row, const char *member, const char *type)
{
	char field[FIELD_ROOM];

	name_field(row, member, field);
	return problem_set_field(
		row->problem, field, "%s, but must be %s",
		body_type_name(json_object_get(row->json, member)), type);
}

int row_check_bytes(const struct row *row, const char *member, const char *text)
{
	char field[FIELD_ROOM], what[64];

	if (strlen(text) <= LIMIT_WORKLOAD_BYTES)
		return 0;
	name_field(row, member, field);
	snprintf(what, sizeof(what), "%zu bytes", strlen(text));
	return problem_set_limit(row->problem, MHD_HTTP_UNPROCESSABLE_CONTENT,
				 field, what, LIMIT_WORKLOAD_BYTES);
}

const char *row_text(const struct row *row, const char *member)
{
	return json_string_value(json_object_get(row->json, member));
}

static bool has(const struct row *row, const char *member)
{
	return json_object_get(row->json, member);
}

static bool says(const struct row *row, const char *member)
{
	return json_is_true(json_object_get(row->json, member));
}

/* Versions without a run_type name no statistics either, see rows.c. */
static bool is_aggregate(const struct row *row)
{
	const char *type = row_text(row, "run_type");

	return type ? !strcmp(type, "aggregate") : has(row, "aggregate_name");
}

static bool is_dropped(const struct row *row, const char *name)
{
	json_t *one;
	size_t i;

	json_array_foreach(row->dropped, i, one)
	{
		if (!strcmp(json_string_value(json_object_get(one, "name")),
			    name))
			return true;
	}
	return false;
}

enum row_kind row_kind(const struct row *row)
{
	const json_t *iterations = json_object_get(row->json, "iterations");
	bool timed = has(row, "real_time");
	bool failed = says(row, "error_occurred") || says(row, "skipped");

	if (!timed && !failed && (has(row, "big_o") || has(row, "rms")))
		return ROW_OTHER;
	if (!timed && is_dropped(row, "real_time"))
		return is_aggregate(row) ? ROW_OTHER : ROW_FAILURE;
	if (is_aggregate(row))
		return failed ? ROW_OTHER : ROW_AGGREGATE;
	if (json_is_number(iterations) && !json_number_value(iterations))
		failed = true;
	return failed ? ROW_FAILURE : ROW_TIME;
}

void row_drop(json_t *dropped, const char *name, const char *why)
{
	const struct row row = { .dropped = dropped };

	if (json_array_size(dropped) < LIMIT_PARAMETERS &&
	    !is_dropped(&row, name))
		json_array_append_new(dropped, json_pack("{s:s, s:s}", "name",
							 name, "why", why));
}

/* Members that are the format's own, in one version or another. */
static bool is_format(const char *name)
{
	static const char *const names[] = {
		"name",		  "family_index",   "per_family_instance_index",
		"run_name",	  "run_type",	    "repetition_index",
		"real_time",	  "cpu_time",	    "time_unit",
		"aggregate_name", "aggregate_unit", "error_occurred",
		"error_message",  "skipped",	    "skip_message",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(names[i], name))
			return true;
	}
	return false;
}

/* NULL: nothing. */
static const char *objection(const char *name, const json_t *value,
			     size_t there)
{
	if (!json_is_string(value) && !json_is_number(value))
		return "neither a string nor a number";
	if (strlen(name) > LIMIT_NAME_BYTES)
		return "its name is longer than 100 bytes";
	if (json_string_length(value) > LIMIT_WORKLOAD_BYTES)
		return "longer than 200 bytes";
	return there == LIMIT_PARAMETERS ? "the 33rd or a later one" : NULL;
}

json_t *row_parameters(const struct row *row)
{
	json_t *parameters = json_object();
	const char *name;
	json_t *value;

	json_object_foreach(row->json, name, value)
	{
		const char *why;

		if (is_format(name))
			continue;
		why = objection(name, value, json_object_size(parameters));
		if (why)
			row_drop(row->dropped, name, why);
		else
			json_object_set(parameters, name, value);
	}
	return parameters;
}

static int parse_unit(const struct row *row, double *ps_per_unit)
{
	static const struct {
		const char *name;
		double ps;
	} units[] = {
		{ "ns", 1e3 }, { "us", 1e6 }, { "ms", 1e9 }, { "s", 1e12 }
	};
	const json_t *unit = json_object_get(row->json, "time_unit");

	*ps_per_unit = 1e3;
	if (!unit)
		return 0;
	for (size_t i = 0; json_is_string(unit) && i < 4; i++) {
		if (!strcmp(json_string_value(unit), units[i].name)) {
			*ps_per_unit = units[i].ps;
			return 0;
		}
	}
	return row_refuse(row, "time_unit", "not one of: ns, us, ms, s");
}

int row_time(const struct row *row, double *ps)
{
	const json_t *time = json_object_get(row->json, "real_time");
	double factor;

	if (!json_is_number(time))
		return row_refuse_type(row, "real_time", "a number");
	if (parse_unit(row, &factor))
		return -1;
	*ps = json_number_value(time) * factor;
	if (*ps < 0)
		return row_refuse(row, "real_time", "less than 0");
	if (*ps > LIMIT_TIME_PS)
		return row_refuse(row, "real_time", "more than 9007 seconds");
	return 0;
}

bool row_is_ratio(const struct row *row)
{
	const char *unit = row_text(row, "aggregate_unit");

	return unit && !strcmp(unit, "percentage");
}

/* "ENOMEM: why" or "ENOMEM" or words of any kind. */
static json_t *render_error(const char *text)
{
	size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
	const char *message = text;
	char name[32] = "EUNKNOWN";

	if (len > 1 && len < sizeof(name) && *text == 'E' &&
	    (!text[len] || text[len] == ':')) {
		snprintf(name, sizeof(name), "%.*s", (int)len, text);
		message += len;
		message += strspn(message, ": ");
	}
	return json_pack("{s:s, s:s}", "errno", name, "message",
			 *message ? message : name);
}

json_t *row_error(const struct row *row)
{
	const char *message = NULL;

	if (says(row, "error_occurred"))
		message = row_text(row, "error_message");
	else if (says(row, "skipped"))
		message = row_text(row, "skip_message");
	else if (is_dropped(row, "real_time"))
		message = "real_time is not a number";
	else
		message = "no iterations";
	return render_error(message ? message : "");
}
