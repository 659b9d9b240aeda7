/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_DMA_H
#define PHYR_DMA_H

#include <stddef.h>
#include <stdint.h>

#include <phyr/error.h>

/* Room for a PCI address such as "0000:00:04.0", with its NUL. */
#define PHYR_DMA_NAME 16

/**
 * enum phyr_dma_form - how memory that is mapped for a device is described
 * @PHYR_DMA_SG: a scatterlist of its pages (dma_map_sgtable)
 * @PHYR_DMA_PHYRS: an array of physical ranges (dma_map_phyrs)
 */
enum phyr_dma_form {
	PHYR_DMA_SG,
	PHYR_DMA_PHYRS,
};

/**
 * struct phyr_dma - a PCI device that memory can be mapped for
 * @fd: /dev/phyr_test, to be closed with close()
 * @device: the first device that is bound to the kernel's driver phyr_test
 */
struct phyr_dma {
	int fd;
	char device[PHYR_DMA_NAME];
};

/**
 * phyr_dma_open() - find a device
 * @dma: set on success
 * @error: filled on failure, or NULL
 *
 * Return: 0; -ENOENT on a kernel without CONFIG_PHYR_TEST_DMA; -ENODEV if no
 * device is bound to the driver; else -errno.
 */
int phyr_dma_open(struct phyr_dma *dma, struct phyr_error *error);

/**
 * phyr_dma_bench() - map and unmap pinned memory, timing each
 * @dma: from phyr_dma_open()
 * @form: how the memory is described
 * @addr: first byte
 * @len: bytes
 * @warmup: rounds before the first sample
 * @samples: number of samples, 1 to 2^20
 * @map_ns: @samples times to map
 * @unmap_ns: @samples times to unmap
 * @entries: how many DMA ranges the memory is mapped at
 * @error: filled on failure, or NULL
 *
 * Memory is pinned, and its scatterlist built, before the first round.
 *
 * Return: 0, or the negative errno of the ioctl; then no sample is valid.
 */
int phyr_dma_bench(const struct phyr_dma *dma, enum phyr_dma_form form,
		   void *addr, size_t len, unsigned int warmup,
		   unsigned int samples, uint64_t *map_ns, uint64_t *unmap_ns,
		   unsigned int *entries, struct phyr_error *error);

#endif
