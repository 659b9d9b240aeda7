/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <jansson.h>

/*
 * A line on stderr, which must be a terminal, that is drawn again and again.
 */

/**
 * progress_draw() - draw how far a run is
 * @head: a run or its head
 * @latest: the workload measured last, "" if there is none
 */
void progress_draw(const json_t *head, const char *latest);

/**
 * progress_clear() - leave nothing behind
 */
void progress_clear(void);

#endif
