/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RDMA_DEVICES_H
#define RDMA_DEVICES_H

#include <jansson.h>

/**
 * rdma_devices_render() - an array of all that this machine has
 */
json_t *rdma_devices_render(void);

#endif
