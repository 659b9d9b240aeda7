/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICE_H
#define DEVICE_H

#include "libphyr.h"

/**
 * device_choose() - which RDMA device it is to be
 * @name: stays; without it, the first with an active port
 */
void device_choose(const char *name);

/**
 * device_get() - the RDMA device, opened once
 * @error: filled on failure
 *
 * Any thread may call it.
 *
 * Return: NULL on failure.
 */
const phyr_device *device_get(phyr_error *error);

#endif
