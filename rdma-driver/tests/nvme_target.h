/* SPDX-License-Identifier: GPL-2.0-only */
/* An NVMe target over RDMA and its host, both in this kernel. */
#ifndef NVME_TARGET_H
#define NVME_TARGET_H

#include <stdbool.h>

#define NVME_BACKING "/dev/ram0"

/**
 * struct nvme_disk - a disk that the host has
 * @controller: its number
 * @fd: open for direct I/O
 */
struct nvme_disk {
	int controller;
	int fd;
};

/* Whether the kernel has both sides. */
bool nvme_target_possible(void);
/*
 * Export NVME_BACKING at an address of an RDMA device, and connect to it. What
 * does not succeed fails the test.
 */
void nvme_connect(const char *address, struct nvme_disk *disk);
/* Undo that. */
void nvme_disconnect(struct nvme_disk *disk);

#endif
