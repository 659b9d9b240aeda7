// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "harness.h"
#include "rdma_device.h"

struct phyr_device *rdma_device_open(void)
{
	struct phyr_device *device;
	struct phyr_error error;

	if (phyr_device_open(getenv("PHYR_DEVICE"), &device, &error))
		skip("%s", error.message);
	return device;
}
