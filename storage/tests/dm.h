/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DM_H
#define DM_H

#include <stddef.h>
#include <stdint.h>

#define DM_PATH 64

/* A part of a mapped device, in sectors of 512 bytes. */
struct dm_part {
	uint64_t start;
	uint64_t len;
	const char *target; /* "linear" and the like */
	const char *parameters;
};

/*
 * Make the device @name of the parts; its node's path goes to @path. 0 or a
 * negative errno, such as -EINVAL if the kernel has no such target.
 */
int dm_create(const char *name, const struct dm_part *parts, size_t nr,
	      char path[DM_PATH]);
/* Other parts, while the device is in use. */
int dm_replace(const char *name, const struct dm_part *parts, size_t nr);
int dm_remove(const char *name);

/* What is submitted meanwhile waits until the device goes on. */
int dm_suspend(const char *name);
/* With the parts that it has, or with those of dm_load(). */
int dm_resume(const char *name);
int dm_load(const char *name, const struct dm_part *parts, size_t nr);

#endif
