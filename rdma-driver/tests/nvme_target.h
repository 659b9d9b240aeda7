/* SPDX-License-Identifier: GPL-2.0-only */
/* An NVMe target over RDMA and its host, both in this kernel. */
#ifndef NVME_TARGET_H
#define NVME_TARGET_H

#include <stdbool.h>

#define NVME_BACKING "/dev/ram0"

/* Whether the kernel has both sides. */
bool nvme_target_possible(void);

/*
 * Export NVME_BACKING at an address of an RDMA device, and connect to it. What
 * does not succeed fails the test. Return: the disk, open for direct I/O.
 */
int nvme_connect(const char *address);

/* Nobody connects to a subsystem that is not exported there. */
void nvme_assert_refused(const char *address, const char *name);

/* The target ends its connections, or takes them again. */
void nvme_target_withdraw(void);
void nvme_target_return(void);

/* The host lets go of the disk, whoever uses it. */
void nvme_delete(void);

/* Close and delete the disk, and export nothing any more. */
void nvme_disconnect(void);

#endif
