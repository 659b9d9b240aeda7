/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RENDER_H
#define RENDER_H

#include <jansson.h>
#include <phyr/run.h>

/**
 * render_result() - what became of a run's item, without its samples
 */
json_t *render_result(const struct phyr_run_item *item,
		      const struct phyr_result *result);

json_t *render_stats(const struct phyr_stats *stats);

#endif
