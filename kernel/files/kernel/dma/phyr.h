/* SPDX-License-Identifier: GPL-2.0-only */
/* What kernel/dma/phyr.c lends to kernel/dma/phyr_sg.c, and takes from it */
#ifndef _KERNEL_DMA_PHYR_H
#define _KERNEL_DMA_PHYR_H

#include <linux/dma-phyr.h>
#include <linux/minmax.h>
#include <linux/mm.h>

/* Bytes from @addr to the next boundary, or @len if that is fewer. */
static inline size_t dma_batch_within(const struct dma_batch *batch,
				      dma_addr_t addr, size_t len)
{
	return min(len - 1, batch->boundary - (addr & batch->boundary)) + 1;
}

/* Whole pages, so that what follows an entry begins with one. */
static inline size_t dma_whole_pages(size_t len)
{
	return len < PAGE_SIZE ? len : PAGE_ALIGN_DOWN(len);
}

int dma_batch_prepare(struct dma_batch *batch, struct device *dev,
		      const struct phys_vec *phyrs, unsigned int nr,
		      enum dma_data_direction dir, unsigned long attrs);
int dma_batch_add_all(struct dma_batch *batch, const struct phys_vec *phyrs,
		      unsigned int nr);
void dma_batch_abort(struct dma_batch *batch);
size_t dma_batch_nr_entries(const struct dma_batch *batch, dma_addr_t addr,
			    size_t len);

#endif /* _KERNEL_DMA_PHYR_H */
