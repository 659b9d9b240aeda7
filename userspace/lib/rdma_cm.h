/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIB_RDMA_CM_H
#define LIB_RDMA_CM_H

#include <phyr/rdma.h>

struct rdma_cm;

/*
 * Connect two queue pairs in INIT at an IPv4 address of the device's network
 * interface: the only way that iWARP has. The connection ends with
 * rdma_cm_disconnect(), before the queue pairs are destroyed.
 */
int rdma_cm_connect(const struct phyr_device *device, struct ibv_qp *const *qp,
		    uint8_t reads, struct rdma_cm **cm,
		    struct phyr_error *error);
void rdma_cm_disconnect(struct rdma_cm *cm);

#endif
