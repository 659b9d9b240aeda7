// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical ranges (phyrs) to DMA addresses: batches whose array is as large as
 * they need, which for a scatterlist is made here
 */
#include <linux/dma-map-ops.h>
#include <linux/dma-phyr.h>
#include <linux/export.h>
#include <linux/iommu-dma.h>
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
 * Behind an IOMMU they are mostly far fewer: these are also for the case that no
 * IOVA range can be had.
 *
 * Context: Any.
 * Return: The number of entries; 0 if the device cannot do DMA.
 */
size_t dma_phyrs_max_vecs(struct device *dev, const struct phys_vec *phyrs,
			  unsigned int nr)
{
	struct dma_batch batch;

	if (!nr || dma_batch_start(&batch, dev, 0, 0, DMA_BIDIRECTIONAL, 0,
				   GFP_NOWAIT, NULL, 0))
		return 0;
	return max(dma_batch_max_entries(&batch, phyrs, nr),
		   dma_batch_max_linked(&batch, phyrs, nr));
}
EXPORT_SYMBOL_GPL(dma_phyrs_max_vecs);

/*
 * Behind an IOMMU, what is more than to unmap one range of addresses
 * dma_unmap_sgtable() does by page: caches, and bounce buffers.
 */
static bool sg_needs_pages(struct device *dev, unsigned long attrs)
{
	return use_dma_iommu(dev) &&
	       !(attrs & (DMA_ATTR_MMIO | DMA_ATTR_CC_SHARED)) &&
	       (!dev_is_dma_coherent(dev) || dma_iommu_bounces(dev));
}

/* A table with pages, and a batch without entries. */
static int sg_map_pages(struct dma_batch *batch, struct sg_table *sgt,
			const struct phys_vec *phyrs, unsigned int nr,
			gfp_t gfp)
{
	struct device *dev = batch->dev;
	unsigned int i;
	int err;

	for (i = 0; i < nr; i++)
		if (dma_batch_is_p2pdma(batch, &phyrs[i]))
			return -EREMOTEIO;
	/* So short that dma_map_sgtable() finds a place for each entry. */
	err = sg_alloc_table_from_phyrs(sgt, phyrs, nr,
					min(batch->vec_max - 1,
					    batch->boundary) + 1, gfp);
	if (err)
		return err;
	err = dma_map_sgtable(dev, sgt, batch->dir, batch->attrs);
	if (err)
		sg_free_table(sgt);
	return err;
}

/* As many entries as the batch has, where more were counted than it took. */
static int sg_trim(struct dma_batch *batch, struct sg_table *sgt, gfp_t gfp)
{
	struct scatterlist *from = sgt->sgl, *to;
	struct sg_table trimmed;
	unsigned int i;
	int err;

	if (batch->nr == sgt->orig_nents)
		return 0;
	err = sg_alloc_table(&trimmed, batch->nr, gfp);
	if (err)
		return err;
	for_each_sgtable_sg(&trimmed, to, i) {
		sg_dma_address(to) = sg_dma_address(from);
		sg_dma_len(to) = sg_dma_len(from);
		from = sg_next(from);
	}
	sg_free_table(sgt);
	*sgt = trimmed;
	batch->sgl = sgt->sgl;
	return 0;
}

/* For dma_unmap_sgtable() and dma_sync_sgtable_for_cpu(). */
static void sg_describe(struct dma_batch *batch, struct sg_table *sgt)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_sg(sgt, sg, i)
		sg->length = sg_dma_len(sg);
	/* Each entry is a mapping of its own. */
	if (use_dma_iommu(batch->dev) && !batch->linked)
		sg_dma_mark_swiotlb(sgt->sgl);
}

/**
 * sg_map_phyrs() - map an array of physical ranges into a scatterlist
 * @batch: the caller's struct; need not be initialised
 * @sgt: the table to be made
 * @dev: the device
 * @phyrs: the ranges
 * @nr: their number
 * @dir: direction of the transfers
 * @attrs: DMA_ATTR_* of all ranges
 * @gfp: how to allocate the table, and as dma_map_phyrs()
 *
 * dma_map_phyrs() for users that want the DMA addresses as a scatterlist. The
 * table has as many entries as the mapping needs: walk it with
 * for_each_sgtable_dma_sg(). It has no pages, unless @dev is behind an IOMMU and
 * not coherent or not trusted.
 *
 * sg_unmap_phyrs() undoes it. Code that has the table only may use
 * dma_sync_sgtable_for_cpu(), dma_sync_sgtable_for_device(),
 * dma_unmap_sgtable() with the same arguments, and then sg_free_table(), in its
 * place; CONFIG_DMA_API_DEBUG will tell it that the memory was mapped by other
 * functions.
 *
 * Context: That of an allocation with @gfp.
 * Return: 0; -errno, with nothing mapped and no table: those of dma_map_phyrs()
 * and dma_map_sgtable(), and %-ENOMEM.
 */
int sg_map_phyrs(struct dma_batch *batch, struct sg_table *sgt,
		 struct device *dev, const struct phys_vec *phyrs,
		 unsigned int nr, enum dma_data_direction dir,
		 unsigned long attrs, gfp_t gfp)
{
	size_t max;
	int err;

	if (sg_needs_pages(dev, attrs)) {
		err = dma_batch_start(batch, dev, 0, 0, dir, attrs, gfp, NULL,
				      0);
		return err ?: sg_map_pages(batch, sgt, phyrs, nr, gfp);
	}
	err = dma_batch_prepare(batch, dev, phyrs, nr, dir, attrs, gfp);
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
	if (err)
		goto free;
	err = sg_trim(batch, sgt, gfp);
	if (err) {
		dma_batch_abort(batch);
		goto free;
	}
	sg_describe(batch, sgt);
	return 0;

free:
	sg_free_table(sgt);
	return err;
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
	if (batch->nr)
		dma_unmap_phyrs(batch);
	else
		dma_unmap_sgtable(batch->dev, sgt, batch->dir, batch->attrs);
	sg_free_table(sgt);
}
EXPORT_SYMBOL_GPL(sg_unmap_phyrs);
