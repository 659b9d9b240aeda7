// SPDX-License-Identifier: GPL-2.0-only
#include <phyr/device.h>

#include "rdma_devices.h"

const struct phyr_device_kind rdma_devices = {
	.what = "RDMA device",
	.check = phyr_device_check,
};
