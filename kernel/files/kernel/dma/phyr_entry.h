/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Adding an entry to a batch
 *
 * In a header, so that the compiler sees which registers dma_batch_new_sg()
 * leaves alone: otherwise each range that is linked takes two instructions more.
 */
#ifndef _KERNEL_DMA_PHYR_ENTRY_H
#define _KERNEL_DMA_PHYR_ENTRY_H

#include <linux/dma-phyr.h>
#include <linux/scatterlist.h>

static noinline void dma_batch_new_sg(struct dma_batch *batch, dma_addr_t addr,
				      size_t len)
{
	batch->last = batch->nr ? sg_next(batch->last) : batch->sgl;
	sg_dma_address(batch->last) = addr;
	sg_dma_len(batch->last) = len;
}

/* The caller knows that there is room for one more. */
static __always_inline void dma_batch_new_entry(struct dma_batch *batch,
						dma_addr_t addr, size_t len)
{
	if (batch->sgl)
		dma_batch_new_sg(batch, addr, len);
	else
		batch->vecs[batch->nr] = (struct dma_vec){ addr, len };
	batch->nr++;
}

#endif /* _KERNEL_DMA_PHYR_ENTRY_H */
