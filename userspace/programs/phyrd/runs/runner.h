/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RUNNER_H
#define RUNNER_H

#include <phyr/error.h>

#include "store.h"

/*
 * The runner is the thread that measures, bound to one CPU. Between runs it
 * sleeps in store_take().
 */
struct runner;

/**
 * runner_create() - start the thread
 * @store: where its work comes from; store_stop() lets it end
 *
 * Return: 0 or -errno.
 */
int runner_create(struct store *store, struct runner **runner,
		  struct phyr_error *error);

/**
 * runner_destroy() - await the end of the thread, after store_stop()
 */
void runner_destroy(struct runner *runner);

#endif
