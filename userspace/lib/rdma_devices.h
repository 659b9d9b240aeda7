/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RDMA_DEVICES_H
#define RDMA_DEVICES_H

#include <phyr/workload.h>

/* What the families mr and rdma are measured with. */
extern const struct phyr_device_kind rdma_devices;

#endif
