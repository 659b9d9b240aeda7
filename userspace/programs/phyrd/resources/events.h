/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EVENTS_H
#define EVENTS_H

#include "store.h"
#include "stream.h"

/**
 * events_create() - server-sent events about a run, until it has ended
 *
 * progress: the run's head, at first and at every change. result: index and
 * result, for each that is there or comes. end: the head, at last. A comment
 * now and then finds out whether the client is still there.
 *
 * Return: NULL: out of memory.
 */
struct stream *events_create(struct store *store, uint64_t id);

#endif
