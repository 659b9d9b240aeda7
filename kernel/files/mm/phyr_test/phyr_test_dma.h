/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/phyr_test: map a range of the caller's memory for a PCI device, as a
 * scatterlist or as phyrs, and say how long it took or what came of it.
 *
 * The device must be bound to the driver phyr_test, for which write that name to
 * its driver_override and its address to drivers_probe. The driver only enables
 * it as bus master.
 *
 * What phyr_test.h says of all calls holds here as well.
 */
#ifndef _MM_PHYR_TEST_DMA_H
#define _MM_PHYR_TEST_DMA_H

#include "phyr_test.h"

/* In what form the range is mapped. */
enum phyr_test_dma_form {
	PHYR_TEST_DMA_SG,	/* page array, scatterlist, dma_map_sgtable() */
	PHYR_TEST_DMA_PHYRS,	/* phyr_list, dma_map_phyrs() */
	PHYR_TEST_DMA_SG_PHYRS,	/* phyr_list, sg_map_phyrs() */
	PHYR_TEST_DMA_SG_TABLE,	/* the same, undone by dma_unmap_sgtable() */
	PHYR_TEST_DMA_BATCH,	/* phyr_list, dma_batch_add() */
};

/* Beside PHYR_TEST_WRITE (also: the device writes) and PHYR_TEST_LONGTERM */
#define PHYR_TEST_DMA_COHERENT	0x100	/* DMA_ATTR_REQUIRE_COHERENT */

#define PHYR_TEST_DMA_NAME	16

/**
 * struct phyr_test_dma - what is to be mapped for whom
 * @device: PCI address such as "0000:00:04.0", ends with a zero byte
 * @addr: start of the range, any alignment
 * @len: its length in bytes, not 0
 * @boundary: the device's segment boundary mask, one less than a power of two
 *	and at least 4,095; 0: no boundary
 * @form: enum phyr_test_dma_form
 * @flags: PHYR_TEST_WRITE, _LONGTERM, PHYR_TEST_DMA_COHERENT
 * @max_segment: the device's maximum segment size in bytes, at least the size of
 *	a page; 0: 4 GiB - 1
 * @dma_bits: width of its DMA addresses, 24 to 64; 0: 64
 * @announced: PHYR_TEST_DMA_BATCH: the size that dma_batch_start() is told
 * @per_call: PHYR_TEST_DMA_BATCH: ranges of one dma_batch_add(), 0: all
 * @piece: PHYR_TEST_DMA_BATCH: bytes to which each range is cut before; 0: none
 *
 * ENODEV: no such device, or not bound to the driver. EIO: with @dma_bits it does
 * not reach all memory, and there is neither an IOMMU nor a bounce buffer.
 * Otherwise the errors of pinning and of the DMA API.
 *
 * With PHYR_TEST_WRITE the pages are dirty when they are unpinned.
 */
struct phyr_test_dma {
	char	device[PHYR_TEST_DMA_NAME];
	__u64	addr;
	__u64	len;
	__u64	boundary;
	__u32	form;
	__u32	flags;
	__u32	max_segment;
	__u32	dma_bits;
	__u64	announced;
	__u32	per_call;
	__u32	piece;
};

/**
 * struct phyr_test_dma_bench - map and unmap a pinned range, timing each
 * @dma: what and for whom
 * @warmup: rounds before the first sample
 * @samples: number of samples, 1 to PHYR_TEST_MAX_SAMPLES
 * @map_ns: user pointer to __u64[@samples]: dma_map_sgtable(), dma_map_phyrs(),
 *	or sg_map_phyrs() with the allocation of its table
 * @unmap_ns: user pointer to __u64[@samples]
 * @nr_entries: out: DMA addresses that the last round came to
 * @reserved: 0
 *
 * The range is pinned once, and with PHYR_TEST_DMA_SG the scatterlist is built
 * once, before the first round.
 */
struct phyr_test_dma_bench {
	struct phyr_test_dma	dma;
	__u32	warmup;
	__u32	samples;
	__u64	map_ns;
	__u64	unmap_ns;
	__u32	nr_entries;
	__u32	reserved;
};

struct phyr_test_dma_entry {
	__u64	addr;
	__u64	len;
};

/**
 * struct phyr_test_dma_map - map a range and keep it mapped
 * @dma: what and for whom
 * @entries: user pointer to struct phyr_test_dma_entry[@max_entries]
 * @max_entries: 1 to PHYR_TEST_MAX_ENTRIES
 * @nr_entries: out: entries written
 *
 * Until PHYR_TEST_DMA_UNMAP (EINVAL if nothing is mapped), the last close, or
 * until the device is unbound; one range per open file (EBUSY). ENOSPC if there
 * are more entries than @max_entries.
 */
struct phyr_test_dma_map {
	struct phyr_test_dma	dma;
	__u64	entries;
	__u32	max_entries;
	__u32	nr_entries;
};

#define PHYR_TEST_DMA_BENCH	_IOWR(PHYR_TEST_IOC_MAGIC, 0x10, \
				      struct phyr_test_dma_bench)
#define PHYR_TEST_DMA_MAP	_IOWR(PHYR_TEST_IOC_MAGIC, 0x11, \
				      struct phyr_test_dma_map)
#define PHYR_TEST_DMA_UNMAP	_IO(PHYR_TEST_IOC_MAGIC, 0x12)
/* What is mapped as a scatterlist: dma_sync_sgtable_for_cpu(); EINVAL if it is not */
#define PHYR_TEST_DMA_SYNC	_IO(PHYR_TEST_IOC_MAGIC, 0x13)

#endif /* _MM_PHYR_TEST_DMA_H */
