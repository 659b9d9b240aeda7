/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

/**
 * struct text - bytes that grow at their end
 * @data: not NUL-terminated, NULL while empty
 * @len: bytes
 * @room: bytes allocated
 * @failed: memory ran out; what was to be added since is missing
 */
struct text {
	char *data;
	size_t len;
	size_t room;
	bool failed;
};

void text_add(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void text_add_bytes(struct text *text, const void *bytes, size_t len);

/**
 * text_add_json() - append a document and release it
 * @json: NULL counts as a failure
 */
void text_add_json(struct text *text, json_t *json);

/**
 * text_clear() - free all, leave it empty
 */
void text_clear(struct text *text);

#endif
