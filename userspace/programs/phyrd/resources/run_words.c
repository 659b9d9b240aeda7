// SPDX-License-Identifier: GPL-2.0-only
/* Reads a run's name, tags and notes. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <microhttpd.h>

#include "body.h"
#include "run_words.h"

/* Room for "workloads[255].workload" and a key that is quoted back, cut. */
#define FIELD_ROOM 100

int run_words_refuse_others(json_t *object, const char *prefix,
			    const char *const *known, struct problem *problem)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		const char *const *name = known;
		char field[FIELD_ROOM];

		while (*name && strcmp(*name, key))
			name++;
		if (*name)
			continue;
		snprintf(field, sizeof(field), "%s%s", prefix, key);
		return problem_set_field(problem, field, "unknown field");
	}
	return 0;
}

/* A string that is there and not longer than @limit bytes. */
static int check_text(const json_t *json, const char *field, size_t limit,
		      struct problem *problem)
{
	char what[32];

	if (!json_is_string(json))
		return problem_set_field(problem, field,
					 "%s, but must be a string",
					 body_type_name(json));
	if (json_string_length(json) <= limit)
		return 0;
	snprintf(what, sizeof(what), "%zu bytes", json_string_length(json));
	return problem_set_limit(problem, MHD_HTTP_UNPROCESSABLE_CONTENT, field,
				 what, (long long)limit);
}

static int read_text(const json_t *object, const char *field, char *text,
		     size_t limit, struct problem *problem)
{
	const json_t *json = json_object_get(object, field);

	if (!json)
		return 0;
	if (check_text(json, field, limit, problem))
		return -1;
	strcpy(text, json_string_value(json));
	return 0;
}

int run_words_name(const json_t *object, char name[LIMIT_NAME_BYTES + 1],
		   struct problem *problem)
{
	return read_text(object, "name", name, LIMIT_NAME_BYTES, problem);
}

int run_words_notes(const json_t *object, char notes[LIMIT_NOTES_BYTES + 1],
		    struct problem *problem)
{
	return read_text(object, "notes", notes, LIMIT_NOTES_BYTES, problem);
}

/* A tag is typed between commas. */
static bool is_tag(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		if (text[i] == ',' || (unsigned char)text[i] < ' ')
			return false;
	}
	return len && text[0] != ' ' && text[len - 1] != ' ';
}

static bool has_tag(const char *tags, const char *tag)
{
	size_t len = strlen(tag);

	while (*tags) {
		size_t this = strcspn(tags, ",");

		if (this == len && !strncmp(tags, tag, len))
			return true;
		tags += this + (tags[this] == ',');
	}
	return false;
}

static int add_tag(const json_t *json, size_t i, char *tags,
		   struct problem *problem)
{
	char field[32];
	const char *tag;

	snprintf(field, sizeof(field), "tags[%zu]", i);
	if (check_text(json, field, LIMIT_TAG_BYTES, problem))
		return -1;
	tag = json_string_value(json);
	if (!is_tag(tag))
		return problem_set_field(
			problem, field,
			"a tag is not empty, has no comma, and no space at its ends");
	if (has_tag(tags, tag))
		return 0;
	if (*tags)
		strcat(tags, ",");
	strcat(tags, tag);
	return 0;
}

int run_words_tags(const json_t *object, char tags[LIMIT_TAGS_ROOM],
		   struct problem *problem)
{
	const json_t *json = json_object_get(object, "tags");
	char what[32];

	if (!json)
		return 0;
	if (!json_is_array(json))
		return problem_set_field(problem, "tags",
					 "%s, but must be an array",
					 body_type_name(json));
	if (json_array_size(json) > LIMIT_TAGS) {
		snprintf(what, sizeof(what), "%zu tags", json_array_size(json));
		return problem_set_limit(problem,
					 MHD_HTTP_UNPROCESSABLE_CONTENT, "tags",
					 what, LIMIT_TAGS);
	}
	*tags = '\0';
	for (size_t i = 0; i < json_array_size(json); i++) {
		if (add_tag(json_array_get(json, i), i, tags, problem))
			return -1;
	}
	return 0;
}
