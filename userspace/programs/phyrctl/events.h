/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EVENTS_H
#define EVENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "client.h"

/*
 * Takes a text/event-stream apart, as it comes. Of its fields event and data
 * are understood; data is JSON.
 */
struct events;

struct events *events_create(client_event *event, void *context);
void events_destroy(struct events *events);

/**
 * events_feed() - take the next bytes
 *
 * Return: false if no more are wanted.
 */
bool events_feed(struct events *events, const char *data, size_t len);

#endif
