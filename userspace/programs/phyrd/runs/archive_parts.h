/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCHIVE_PARTS_H
#define ARCHIVE_PARTS_H

#include "archive.h"
#include "database.h"

#define LAST_WORDS "phyrd ended before the run did"

/*
 * For archive.c and archive_read.c only.
 * @inherited: runs up to this id are of an earlier phyrd: none of them waits
 * @unfinished: some of them are stored as if they did
 */
struct archive {
	struct database *database;
	unsigned int history;
	uint64_t last_id;
	uint64_t inherited;
	bool unfinished;
};

#endif
