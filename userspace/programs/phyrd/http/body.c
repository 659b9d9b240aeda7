// SPDX-License-Identifier: GPL-2.0-only
/* Reads JSON from a request's body, as a whole or value by value. */
#include <ctype.h>
#include <string.h>
#include <microhttpd.h>

#include "body.h"
#include "limits.h"

const char *body_type_name(const json_t *json)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array",
		[JSON_STRING] = "a string",  [JSON_INTEGER] = "an integer",
		[JSON_REAL] = "a fraction",  [JSON_TRUE] = "true",
		[JSON_FALSE] = "false",	     [JSON_NULL] = "null",
	};

	return json ? names[json_typeof(json)] : "missing";
}

int body_check_type(const struct http_request *request, struct problem *problem)
{
	static const char json[] = "application/json";
	const char *encoding = request->content_encoding;
	const char *type = request->content_type;
	size_t len = sizeof(json) - 1;

	if (encoding && strcasecmp(encoding, "identity"))
		return problem_set(
			problem, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
			"Content-Encoding \"%.32s\" is not understood; send the body as it is",
			encoding);
	if (type && !strncasecmp(type, json, len) && strchr("; ", type[len]))
		return 0;
	return problem_set(
		problem, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
		"The body must be sent with Content-Type: application/json");
}

static void skip_space(struct body *body)
{
	while (body->at < body->len &&
	       strchr(" \t\n\r", body->text[body->at]) && body->text[body->at])
		body->at++;
}

bool body_skip(struct body *body, char c)
{
	skip_space(body);
	if (body->at == body->len || body->text[body->at] != c)
		return false;
	body->at++;
	return true;
}

bool body_skip_word(struct body *body, const char *word)
{
	size_t len = strlen(word);

	skip_space(body);
	if (body->len - body->at <= len ||
	    strncmp(body->text + body->at, word, len) ||
	    isalnum((unsigned char)body->text[body->at + len]))
		return false;
	body->at += len;
	return true;
}

bool body_is_at_end(struct body *body)
{
	skip_space(body);
	return body->at == body->len;
}

int body_check_encoding(struct body *body)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *what;
	} starts[] = {
		{ "\xef\xbb\xbf", 3,
		  "it begins with a byte order mark of UTF-8" },
		{ "\xff\xfe", 2, "it is UTF-16 or UTF-32, not UTF-8" },
		{ "\xfe\xff", 2, "it is UTF-16, not UTF-8" },
		{ "{\0", 2, "it is UTF-16 or UTF-32, not UTF-8" },
		{ "\0", 1, "it is UTF-16 or UTF-32, not UTF-8" },
	};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		if (body->len >= starts[i].len &&
		    !memcmp(body->text, starts[i].bytes, starts[i].len))
			return body_refuse(body, starts[i].what);
	}
	return 0;
}

int body_refuse(struct body *body, const char *what)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < body->at && i < body->len; i++) {
		column = body->text[i] == '\n' ? 1 : column + 1;
		line += body->text[i] == '\n';
	}
	return problem_set(body->problem, MHD_HTTP_BAD_REQUEST,
			   "The body is not JSON: line %zu, column %zu: %s",
			   line, column, what);
}

json_t *body_parse(const char *text, size_t len, struct problem *problem)
{
	struct body body = { .text = text, .len = len, .problem = problem };
	json_error_t error;
	json_t *json;

	if (body_check_encoding(&body))
		return NULL;
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		problem_set(problem, MHD_HTTP_BAD_REQUEST,
			    "The body is not JSON: line %d, column %d: %s",
			    error.line, error.column, error.text);
	return json;
}

json_t *body_take(struct body *body)
{
	json_error_t error;
	size_t room;
	json_t *json;

	skip_space(body);
	room = body->len - body->at;
	if (room > LIMIT_PART_BYTES)
		room = LIMIT_PART_BYTES;
	json = json_loadb(body->text + body->at, room,
			  JSON_REJECT_DUPLICATES | JSON_DECODE_ANY |
				  JSON_DISABLE_EOF_CHECK,
			  &error);
	if (json) {
		body->at += (size_t)error.position;
		return json;
	}
	/* The value is longer; it may be cut within a character. */
	if (room == LIMIT_PART_BYTES && error.position > LIMIT_PART_BYTES - 4) {
		problem_set_limit(body->problem, MHD_HTTP_CONTENT_TOO_LARGE,
				  "body", "longer row or context",
				  LIMIT_PART_BYTES);
		return NULL;
	}
	body->at += (size_t)error.position;
	body_refuse(body, error.text);
	return NULL;
}
