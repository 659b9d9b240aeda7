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

/**
 * struct dmabuf_test_dma - all of the memory, mapped for a PCI function
 * @domain: of the function
 * @bus: of the function
 * @devfn: of the function, to which a driver is bound
 * @addr: out: DMA address of the first byte
 * @nr: out: number of entries that describe all of it
 * @map_ns: out: how long mapping took
 * @unmap_ns: out: how long unmapping took
 *
 * It is unmapped again when the ioctl returns.
 */
struct dmabuf_test_dma {
	__u32	domain;
	__u32	bus;
	__u32	devfn;
	__u32	nr;
	__u64	addr;
	__u64	map_ns;
	__u64	unmap_ns;
};

#define DMABUF_TEST_INFO	_IOR('d', 0x40, struct dmabuf_test_info)
#define DMABUF_TEST_EXPORT	_IOWR('d', 0x41, struct dmabuf_test_export)
/*
 * All buffers are taken from their importers, and mappings of the device fault,
 * until the memory is restored. Returns when nobody uses it.
 */
#define DMABUF_TEST_REVOKE	_IO('d', 0x42)
#define DMABUF_TEST_RESTORE	_IO('d', 0x43)
/* Also the errors of dma_map_phyrs_of(). */
#define DMABUF_TEST_DMA		_IOWR('d', 0x44, struct dmabuf_test_dma)

#endif /* _DMABUF_TEST_H */
