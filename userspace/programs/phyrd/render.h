/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RENDER_H
#define RENDER_H

#include <jansson.h>

#include "store.h"

/**
 * render_run() - a run with all results that are there
 */
json_t *render_run(struct store *store, const struct store_record *record);

/**
 * render_runs() - all runs, without their results
 */
json_t *render_runs(struct store *store);

/**
 * render_workloads() - what can be measured, here and in general
 */
json_t *render_workloads(void);

#endif
