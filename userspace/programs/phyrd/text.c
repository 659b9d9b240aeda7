// SPDX-License-Identifier: GPL-2.0-only
/* Text that grows at its end. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static bool make_room(struct text *text, size_t more)
{
	size_t room = text->room ? text->room : 256;
	char *data;

	if (text->failed)
		return false;
	while (room - text->len < more)
		room *= 2;
	if (room == text->room)
		return true;
	data = realloc(text->data, room);
	if (!data) {
		text->failed = true;
		return false;
	}
	text->data = data;
	text->room = room;
	return true;
}

void text_add(struct text *text, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || !make_room(text, (size_t)len + 1))
		return;
	va_start(args, format);
	vsnprintf(text->data + text->len, (size_t)len + 1, format, args);
	va_end(args);
	text->len += (size_t)len;
}

void text_add_bytes(struct text *text, const void *bytes, size_t len)
{
	if (!len || !make_room(text, len))
		return;
	memcpy(text->data + text->len, bytes, len);
	text->len += len;
}

static int add(const char *buffer, size_t size, void *text)
{
	text_add_bytes(text, buffer, size);
	return ((struct text *)text)->failed ? -1 : 0;
}

void text_add_json(struct text *text, json_t *json)
{
	if (!json || json_dump_callback(json, add, text,
					JSON_COMPACT | JSON_ENCODE_ANY |
						JSON_REAL_PRECISION(15)))
		text->failed = true;
	json_decref(json);
}

void text_clear(struct text *text)
{
	free(text->data);
	*text = (struct text){ 0 };
}
