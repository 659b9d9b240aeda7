/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <jansson.h>

/*
 * A line on stderr, which must be a terminal, that is drawn again and again.
 */

/**
 * struct progress - what the time that is left is told by; zeroed at first
 * @begun: when the run was first seen to be measured, in seconds
 * @share: how much of it was done by then
 */
struct progress {
	double begun;
	double share;
};

/**
 * progress_draw() - draw how far a run is
 * @head: a run or its head
 */
void progress_draw(struct progress *progress, const json_t *head);

/**
 * progress_clear() - leave nothing behind
 */
void progress_clear(void);

#endif
