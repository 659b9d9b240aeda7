/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAR_H
#define BAR_H

#include <stddef.h>
#include <stdint.h>

#include <dmabuf_test.h>

/**
 * struct bar - memory without struct pages, of the test exporter
 * @fd: the device
 * @bytes: all of it, mapped; faults while it is revoked
 * @raw: the same through sysfs, which no revocation touches; NULL for RAM
 * @info: when it was opened
 */
struct bar {
	int fd;
	uint8_t *bytes;
	uint8_t *raw;
	struct dmabuf_test_info info;
};

/*
 * Binds the driver to QEMU's ivshmem if nothing is bound to it. For a set-up:
 * without device or driver there is nothing to test.
 */
void bar_open(struct bar *bar);
void bar_close(struct bar *bar);

/* A DMA-buf of ranges; fails the test if there is none. */
int bar_export(const struct bar *bar, const struct dmabuf_test_range *ranges,
	       unsigned int nr);
void bar_revoke(const struct bar *bar);
void bar_restore(const struct bar *bar);
/* How many importers have the memory. */
unsigned int bar_mappings(const struct bar *bar);

/* Tell the host what changed, see content.h; RAM has no host. */
void bar_log_fill(uint64_t offset, uint64_t len, uint64_t seed, uint64_t from);
void bar_log_copy(uint64_t offset, uint64_t len, uint64_t from);

#endif
