/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Interface of the test exporter, /dev/dmabuf_test_*
 *
 * mmap() of the device maps its memory from an offset on, which is page-aligned.
 */
#ifndef _DMABUF_TEST_H
#define _DMABUF_TEST_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* How many ranges a buffer may have. */
#define DMABUF_TEST_MAX_RANGES	4096

/**
 * struct dmabuf_test_info - the memory of the device
 * @size: bytes
 * @start: physical address
 * @type: enum phyr_mem_type
 * @mappings: mappings of its buffers that importers have
 * @told: times that a buffer told its importers to let go
 */
struct dmabuf_test_info {
	__u64	size;
	__u64	start;
	__u32	type;
	__u32	mappings;
	__u64	told;
};

/**
 * struct dmabuf_test_range - a part of the memory
 * @offset: first byte
 * @len: bytes; both page-aligned
 */
struct dmabuf_test_range {
	__u64	offset;
	__u64	len;
};

/**
 * struct dmabuf_test_export - a buffer of ranges of the memory, in their order
 * @ranges: address of the array of struct dmabuf_test_range
 * @nr: number of entries, at most DMABUF_TEST_MAX_RANGES
 * @fd: out: the buffer, closed on exec
 */
struct dmabuf_test_export {
	__u64	ranges;
	__u32	nr;
	__s32	fd;
};

#define DMABUF_TEST_INFO	_IOR('d', 0x40, struct dmabuf_test_info)
#define DMABUF_TEST_EXPORT	_IOWR('d', 0x41, struct dmabuf_test_export)
/*
 * All buffers are taken from their importers, and mappings of the device fault,
 * until the memory is restored. Returns when nobody uses it.
 */
#define DMABUF_TEST_REVOKE	_IO('d', 0x42)
#define DMABUF_TEST_RESTORE	_IO('d', 0x43)

#endif /* _DMABUF_TEST_H */
