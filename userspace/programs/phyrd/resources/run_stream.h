/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RUN_STREAM_H
#define RUN_STREAM_H

#include <stdbool.h>

#include "store.h"
#include "stream.h"

/**
 * run_stream_create() - a run with the results that are there
 * @head: as store_find() has it
 * @samples: each result with its samples
 *
 * Return: NULL: out of memory.
 */
struct stream *run_stream_create(struct store *store,
				 const struct run_head *head, bool samples);

#endif
