/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Adding an entry to a batch, and the mappings of their own that entries are
 *
 * In a header, so that the compiler sees which registers dma_batch_new_sg()
 * leaves alone: otherwise each range that is linked takes two instructions more.
 */
#ifndef _KERNEL_DMA_PHYR_ENTRY_H
#define _KERNEL_DMA_PHYR_ENTRY_H

#include <linux/dma-map-ops.h>
#include <linux/dma-phyr.h>
#include <linux/iommu-dma.h>
#include <linux/scatterlist.h>
#include <trace/events/dma.h>

#include "direct.h"

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

/*
 * Whether dma_map_phys() only cleans caches, and nobody watches it do so: one
 * barrier is then enough for all mappings of a batch.
 */
static inline bool dma_batch_cleans_caches(const struct dma_batch *batch)
{
	struct device *dev = batch->dev;

	if (!IS_ENABLED(CONFIG_ARCH_HAS_BATCHED_DMA_SYNC) ||
	    IS_ENABLED(CONFIG_DMA_API_DEBUG) || IS_ENABLED(CONFIG_KMSAN))
		return false;
	return !dev_is_dma_coherent(dev) && !use_dma_iommu(dev) &&
	       !get_dma_ops(dev) && !trace_dma_map_phys_enabled() &&
	       !trace_dma_unmap_phys_enabled();
}

/* Until dma_batch_flush() the device may see old data. */
static inline dma_addr_t dma_batch_map_one(struct dma_batch *batch,
					   phys_addr_t phys, size_t len)
{
	if (!dma_batch_cleans_caches(batch))
		return dma_map_phys(batch->dev, phys, len, batch->dir,
				    batch->attrs);
	batch->unflushed = true;
	return dma_direct_map_phys(batch->dev, phys, len, batch->dir,
				   batch->attrs, false);
}

static inline void dma_batch_flush(struct dma_batch *batch)
{
	if (!IS_ENABLED(CONFIG_ARCH_HAS_BATCHED_DMA_SYNC) || !batch->unflushed)
		return;
	arch_sync_dma_flush();
	batch->unflushed = false;
}

#endif /* _KERNEL_DMA_PHYR_ENTRY_H */
