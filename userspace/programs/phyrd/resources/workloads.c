// SPDX-License-Identifier: GPL-2.0-only
/* What can be measured, here and in general. */
#include <stdio.h>
#include <string.h>
#include <microhttpd.h>

#include <phyr/workload.h>

#include "limits.h"
#include "resources.h"
#include "text.h"

#define SIZE "[1-9][0-9]*(KiB|MiB|GiB)"

/*
 * Appends "/name", or all names between the brackets: "/<name|name>" for
 * people, "/(name|name)" for machines.
 */
static void add_alternatives(struct text *text, const char *const *names,
			     const char *brackets)
{
	if (!names)
		return;
	if (!names[1]) {
		text_add(text, "/%s", names[0]);
		return;
	}
	text_add(text, "/%c", brackets[0]);
	for (size_t i = 0; names[i]; i++)
		text_add(text, "%s%s", i ? "|" : "", names[i]);
	text_add(text, "%c", brackets[1]);
}

static json_t *to_string(struct text *text)
{
	json_t *json = text->failed ? NULL
				    : json_stringn(text->data, text->len);

	text_clear(text);
	return json;
}

static json_t *render_pattern(const struct phyr_family *family)
{
	struct text text = { 0 };

	text_add(&text, "%s", family->name);
	add_alternatives(&text, family->forms, "<>");
	add_alternatives(&text, family->variants, "<>");
	add_alternatives(&text, family->series, "<>");
	text_add(&text, "/<backing>/<size>");
	return to_string(&text);
}

static json_t *render_expression(const struct phyr_family *family)
{
	const char *backings[PHYR_BACKING_KINDS + 1] = { NULL };
	struct text text = { 0 };

	for (int i = 0; i < PHYR_BACKING_KINDS; i++)
		backings[i] = phyr_backing_name(i);
	text_add(&text, "^%s", family->name);
	add_alternatives(&text, family->forms, "()");
	add_alternatives(&text, family->variants, "()");
	add_alternatives(&text, family->series, "()");
	add_alternatives(&text, backings, "()");
	text_add(&text, "/" SIZE "$");
	return to_string(&text);
}

static json_t *render_names(const char *const *names)
{
	json_t *json = json_array();

	for (; names && *names; names++)
		json_array_append_new(json, json_string(*names));
	return json;
}

static json_t *render_integer_schema(int fallback, int min, int max)
{
	return json_pack("{s:s, s:i, s:i, s:i}", "type", "integer", "default",
			 fallback, "minimum", min, "maximum", max);
}

static json_t *render_schema(const struct phyr_family *family)
{
	json_t *properties;

	properties = json_pack(
		"{s:{s:s, s:o}, s:o, s:o}", "workload", "type", "string",
		"pattern", render_expression(family), "samples",
		render_integer_schema(DEFAULT_SAMPLES, 1, LIMIT_SAMPLES),
		"warmup",
		render_integer_schema(DEFAULT_WARMUP, 0, LIMIT_WARMUP));
	if (family->device)
		json_object_set_new(properties, "device",
				    json_pack("{s:s, s:s, s:i}", "type",
					      "string", "description",
					      family->device->what, "maxLength",
					      PHYR_DEVICE_NAME - 1));
	return json_pack("{s:s, s:o, s:[s], s:b}", "type", "object",
			 "properties", properties, "required", "workload",
			 "additionalProperties", 0);
}

static json_t *render_family(const struct phyr_family *family)
{
	struct phyr_error error;
	int status = family->probe(NULL, &error);
	json_t *json;

	json = json_pack("{s:o, s:s, s:o, s:o, s:o, s:s, s:s, s:b, s:o}",
			 "pattern", render_pattern(family), "family",
			 family->name, "forms", render_names(family->forms),
			 "variants", render_names(family->variants), "series",
			 render_names(family->series), "summary",
			 family->summary, "unit", "ns", "available", !status,
			 "schema", render_schema(family));
	if (status)
		json_object_set_new(json, "reason", json_string(error.message));
	return json;
}

static json_t *render_backings(void)
{
	json_t *json = json_array();

	for (int i = 0; i < PHYR_BACKING_KINDS; i++)
		json_array_append_new(
			json, json_pack("{s:s, s:I}", "name",
					phyr_backing_name(i), "page_size_bytes",
					(json_int_t)phyr_backing_page_size(i)));
	return json;
}

static json_t *render_count(int fallback, int min, int max)
{
	return json_pack("{s:i, s:i, s:i}", "default", fallback, "min", min,
			 "max", max);
}

void workloads_get(const struct http_request *request, struct http_reply *reply)
{
	json_t *families = json_array();

	(void)request;
	for (size_t i = 0; phyr_families[i]; i++)
		json_array_append_new(families,
				      render_family(phyr_families[i]));
	reply_json(
		reply, MHD_HTTP_OK,
		json_pack(
			"{s:o, s:{s:o, s:s, s:o, s:o}}", "workloads", families,
			"parameters", "backing", render_backings(), "size",
			"<n><KiB|MiB|GiB>, a multiple of the base page up to 1024GiB",
			"samples",
			render_count(DEFAULT_SAMPLES, 1, LIMIT_SAMPLES),
			"warmup",
			render_count(DEFAULT_WARMUP, 0, LIMIT_WARMUP)));
}
