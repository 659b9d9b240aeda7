/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCHIVE_PARTS_H
#define ARCHIVE_PARTS_H

#include "archive.h"
#include "database.h"

/* For archive.c and archive_read.c only. */
struct archive {
	struct database *database;
	unsigned int history;
	uint64_t last_id;
};

#endif
