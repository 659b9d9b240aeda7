/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STACK_H
#define STACK_H

#include "disk.h"

/*
 * Make a disk of other disks, one at a time; its node's path goes to @path. 0, or
 * a negative errno if this kernel has no such thing.
 */

/* Of two halves of @below, the second one first: dm-linear or dm-crypt. */
#define STACK_MAPPED "phyr-test"
int stack_mapped(const char *target, const char *below, char path[DISK_PATH]);
/* md, of two, without metadata on them. */
int stack_raid(int level, const char *const below[2], char path[DISK_PATH]);
/* A loop device that does direct I/O. */
int stack_loop(const char *below, char path[DISK_PATH]);

/* Take it apart again; nobody has it open. */
void stack_remove(void);

#endif
