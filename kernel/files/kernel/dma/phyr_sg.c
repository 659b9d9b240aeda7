// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical ranges (phyrs) to DMA addresses: batches whose array is as large as
 * they need, which for a scatterlist is made here
 */
#include <linux/dma-phyr.h>
#include <linux/export.h>
#include <linux/scatterlist.h>

#include "phyr.h"
#include "phyr_limits.h"

/* Entries that these ranges need at most if each entry is mapped by itself. */
static size_t dma_batch_max_entries(struct dma_batch *batch,
				    const struct phys_vec *phyrs,
				    unsigned int nr)
{
	size_t max = 0;

	dma_batch_need_map_max(batch);
	for (; nr; nr--, phyrs++)
		max += dma_batch_max_entries_of(batch, phyrs);
	return max;
}

/**
 * dma_phyrs_max_vecs() - how many entries dma_map_phyrs() can need
 * @dev: the device
 * @phyrs: the ranges
 * @nr: their number
 *
 * Behind an IOMMU they are mostly far fewer: these are for the case that no IOVA
 * range can be had.
 *
 * Context: Any.
 * Return: The number of entries; 0 if the device cannot do DMA.
 */
size_t dma_phyrs_max_vecs(struct device *dev, const struct phys_vec *phyrs,
			  unsigned int nr)
{
	struct dma_batch batch;

	if (dma_batch_start(&batch, dev, 0, 0, DMA_BIDIRECTIONAL, 0, NULL, 0))
		return 0;
	return dma_batch_max_entries(&batch, phyrs, nr);
}
EXPORT_SYMBOL_GPL(dma_phyrs_max_vecs);

/**
 * sg_map_phyrs() - map an array of physical ranges into a DMA-only scatterlist
 * @batch: the caller's struct; need not be initialised
 * @sgt: the table to be made
 * @dev: the device
 * @phyrs: the ranges
 * @nr: their number
 * @dir: direction of the transfers
 * @attrs: DMA_ATTR_* of all ranges
 * @gfp: how to allocate the table
 *
 * dma_map_phyrs() for users that want the DMA addresses as a scatterlist. The
 * table has as many entries as the mapping needs and no pages: walk it with
 * for_each_sgtable_dma_sg(). As its @sgt->orig_nents is 0,
 * dma_sync_sgtable_for_cpu() and dma_sync_sgtable_for_device() do nothing: what
 * the device wrote is there for the CPU after sg_unmap_phyrs() only.
 *
 * Context: That of an allocation with @gfp.
 * Return: 0; -errno, with nothing mapped and no table: those of dma_map_phyrs()
 * and %-ENOMEM.
 */
int sg_map_phyrs(struct dma_batch *batch, struct sg_table *sgt,
		 struct device *dev, const struct phys_vec *phyrs,
		 unsigned int nr, enum dma_data_direction dir,
		 unsigned long attrs, gfp_t gfp)
{
	size_t max;
	int err;

	err = dma_batch_prepare(batch, dev, phyrs, nr, dir, attrs);
	if (err)
		return err;

	if (batch->links)
		max = dma_batch_nr_entries(batch, batch->iova.addr,
					   dma_iova_size(&batch->iova));
	else
		max = dma_batch_max_entries(batch, phyrs, nr);

	err = max > UINT_MAX ? -ENOMEM : sg_alloc_table(sgt, max, gfp);
	if (err)
		goto abort;
	batch->sgl = sgt->sgl;
	batch->last = NULL;
	batch->max = max;

	err = dma_batch_add_all(batch, phyrs, nr);
	if (err) {
		sg_free_table(sgt);
		return err;
	}
	sg_mark_end(batch->last);
	sgt->nents = batch->nr;
	sgt->orig_nents = 0;
	return 0;

abort:
	dma_batch_abort(batch);
	return err;
}
EXPORT_SYMBOL_GPL(sg_map_phyrs);

/**
 * sg_unmap_phyrs() - undo sg_map_phyrs()
 * @batch: what sg_map_phyrs() filled
 * @sgt: the table that it made
 *
 * Context: Any.
 */
void sg_unmap_phyrs(struct dma_batch *batch, struct sg_table *sgt)
{
	dma_unmap_phyrs(batch);
	sgt->orig_nents = batch->max;
	sg_free_table(sgt);
}
EXPORT_SYMBOL_GPL(sg_unmap_phyrs);
