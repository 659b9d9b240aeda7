/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICE_H
#define DEVICE_H

#include "libphyr.h"

/**
 * device_get() - the first RDMA device with an active port, opened once
 * @error: filled on failure
 *
 * Any thread may call it.
 *
 * Return: NULL on failure.
 */
const phyr_device *device_get(phyr_error *error);

#endif
