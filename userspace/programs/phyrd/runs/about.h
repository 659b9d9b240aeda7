/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ABOUT_H
#define ABOUT_H

#include "database.h"
#include "run_head.h"
#include "text.h"

/*
 * What people say about a run, and what was asked for: rows of their own, as a
 * run's context, which may be long, would have to be walked through.
 */

/**
 * about_write() - tags and notes of a run, in place of those that it has
 * @request: what was asked for, a JSON object; or NULL: as it is
 *
 * Return: 0 or as database_run().
 */
int about_write(struct database *database, uint64_t id,
		const struct run_head *head, const char *request,
		struct phyr_error *error);

/**
 * about_request() - append what was asked for
 *
 * Return: also -ENOENT if that is not known.
 */
int about_request(struct database *database, uint64_t id, struct text *text,
		  struct phyr_error *error);

#endif
