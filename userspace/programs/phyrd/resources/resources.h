/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RESOURCES_H
#define RESOURCES_H

#include "service.h"

#define RUNS_PATH "/api/v1/runs"

/*
 * What answers at each path of routes.c, one file per resource. The context of
 * a request is the store.
 */
handler asset_get, compare_get, events_get, export_get, health_get, import_post,
	metrics_get, request_get, run_cancel, run_delete, run_get, run_patch,
	runs_get, runs_post, samples_get, system_get, workloads_get;

#endif
