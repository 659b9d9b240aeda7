// SPDX-License-Identifier: GPL-2.0-only
/* Takes a stream of server-sent events apart. */
#include <stdlib.h>
#include <string.h>

#include "events.h"

/* A result has some kilobytes. */
#define LINE_MAX_BYTES ((size_t)1 << 20)

struct events {
	client_event *event;
	void *context;
	char *line;
	size_t len;
	char name[32];
	json_t *data;
};

struct events *events_create(client_event *event, void *context)
{
	struct events *events = calloc(1, sizeof(*events));

	if (!events)
		abort();
	events->line = malloc(LINE_MAX_BYTES + 1);
	if (!events->line)
		abort();
	events->event = event;
	events->context = context;
	return events;
}

void events_destroy(struct events *events)
{
	json_decref(events->data);
	free(events->line);
	free(events);
}

/* The value of "field: value", or NULL if the line is of another field. */
static const char *value_of(const char *line, const char *field)
{
	size_t len = strlen(field);

	if (strncmp(line, field, len) || line[len] != ':')
		return NULL;
	line += len + 1;
	return *line == ' ' ? line + 1 : line;
}

static bool dispatch(struct events *events)
{
	bool more = true;

	if (events->data)
		more = events->event(events->context, events->name,
				     events->data);
	json_decref(events->data);
	events->data = NULL;
	*events->name = '\0';
	return more;
}

static bool take_line(struct events *events)
{
	const char *value;

	events->line[events->len] = '\0';
	if (events->len && events->line[events->len - 1] == '\r')
		events->line[--events->len] = '\0';
	if (!events->len)
		return dispatch(events);
	events->len = 0;

	value = value_of(events->line, "event");
	if (value && strlen(value) < sizeof(events->name))
		strcpy(events->name, value);
	value = value_of(events->line, "data");
	if (value) {
		json_decref(events->data);
		events->data = json_loads(value, 0, NULL);
	}
	return true;
}

bool events_feed(struct events *events, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n') {
			if (!take_line(events))
				return false;
		} else if (events->len < LINE_MAX_BYTES) {
			events->line[events->len++] = data[i];
		}
	}
	return true;
}
