/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RDMA_DEVICE_H
#define RDMA_DEVICE_H

#include <phyr/device.h>

/* All that a memory region can allow. */
#define ALL_ACCESS                                           \
	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE |  \
	 IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC | \
	 IBV_ACCESS_MW_BIND)

/*
 * The device under test: what PHYR_DEVICE in the environment names, or the
 * first that is ready. Without it the test is skipped, in the set-up all are.
 */
struct phyr_device *rdma_device_open(void);

#endif
