// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical ranges (phyrs) to DMA addresses: unmapping what a batch has mapped
 */
#include <linux/dma-map-ops.h>
#include <linux/export.h>
#include <linux/iommu-dma.h>
#include <linux/scatterlist.h>
#include <trace/events/dma.h>

#include "phyr.h"
#include "phyr_entry.h"

static struct dma_vec dma_batch_entry(const struct dma_batch *batch,
				      unsigned int i,
				      const struct scatterlist *sg)
{
	if (!batch->sgl)
		return batch->vecs[i];
	return (struct dma_vec){
		.addr = sg_dma_address(sg),
		.len = sg_dma_len(sg),
	};
}

/*
 * Unmap the entries from number @first on, each of which is a mapping of its
 * own. @sg is the first of them if the entries are a scatterlist, else NULL.
 */
void dma_batch_unmap_entries(struct dma_batch *batch, unsigned int first,
			     struct scatterlist *sg, unsigned long attrs)
{
	bool flush = dma_batch_cleans_caches(batch);
	unsigned int i;

	/* The device is coherent, and nothing was ever bounced for it. */
	if (!use_dma_iommu(batch->dev) && !dma_need_unmap(batch->dev) &&
	    !trace_dma_unmap_phys_enabled())
		batch->nr = first;
	for (i = first; i < batch->nr; i++) {
		struct dma_vec vec = dma_batch_entry(batch, i, sg);

		if (flush)
			dma_direct_unmap_phys(batch->dev, vec.addr, vec.len,
					      batch->dir, attrs, false);
		else
			dma_unmap_phys(batch->dev, vec.addr, vec.len,
				       batch->dir, attrs);
		if (sg)
			sg = sg_next(sg);
	}
	if (flush)
		arch_sync_dma_flush();
	batch->nr = first;
}

static struct scatterlist *dma_batch_first_unlinked(struct dma_batch *batch)
{
	struct scatterlist *sg = batch->sgl;
	unsigned int i;

	for (i = 0; sg && i < batch->nr_linked; i++)
		sg = sg_next(sg);
	return sg;
}

static void dma_batch_release(struct dma_batch *batch, unsigned long attrs)
{
	dma_batch_unmap_entries(batch, batch->nr_linked,
				dma_batch_first_unlinked(batch), attrs);
	if (dma_use_iova(&batch->iova))
		dma_iova_destroy(batch->dev, &batch->iova, batch->linked,
				 batch->dir, attrs);
	batch->iova = (struct dma_iova_state){};
	batch->linked = 0;
	batch->nr_linked = 0;
	batch->links = false;
	batch->nr = 0;
}

/* The device has not seen the memory yet: nothing is to be copied back. */
void dma_batch_abort(struct dma_batch *batch)
{
	dma_batch_release(batch, batch->attrs | DMA_ATTR_SKIP_CPU_SYNC);
}

/**
 * dma_unmap_phyrs() - unmap all that a batch has mapped
 * @batch: a batch, finished or not; one that has ended is left alone
 *
 * Context: Any.
 */
void dma_unmap_phyrs(struct dma_batch *batch)
{
	dma_batch_release(batch, batch->attrs);
}
EXPORT_SYMBOL_GPL(dma_unmap_phyrs);
