// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many entries a batch needs, and batches whose entries are a scatterlist
 */
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/export.h>
#include <linux/scatterlist.h>

#include "phyr.h"

/* Entries for @len bytes of IOVA, of which the last entry takes what it can. */
size_t dma_batch_nr_entries(const struct dma_batch *batch, dma_addr_t addr,
			    size_t len)
{
	size_t part, nr = 0;

	for (part = min(len, batch->room); len > part; nr++) {
		addr += part;
		len -= part;
		part = dma_batch_within(batch, addr, min(len, batch->vec_max));
	}
	return nr;
}

/* How many boundaries lie between the first and the last byte. */
static size_t dma_batch_crossings(const struct dma_batch *batch,
				  dma_addr_t addr, size_t len)
{
	dma_addr_t last = addr + len - 1;
	unsigned int bits;

	if (!((addr ^ last) & ~(dma_addr_t)batch->boundary))
		return 0;
	bits = fls_long(batch->boundary);
	return (last >> bits) - (addr >> bits);
}

/* Entries that these ranges need at most if each entry is mapped by itself. */
static size_t dma_batch_max_entries(const struct dma_batch *batch,
				    const struct phys_vec *phyrs,
				    unsigned int nr)
{
	const size_t most = dma_whole_pages(batch->map_max);
	const bool unknown = get_dma_ops(batch->dev);
	size_t max = 0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		phys_addr_t phys = phyrs[i].paddr;
		dma_addr_t addr = phys_to_dma(batch->dev, phys);
		size_t len = phyrs[i].len;

		if (!len)
			continue;
		max += len <= most ? 1 : DIV_ROUND_UP(len, most);
		/*
		 * See dma_batch_map_split(); mostly these are the same places.
		 * IOVA is aligned so that it crosses no boundary between them;
		 * what lies elsewhere can do so once more.
		 */
		max += dma_batch_crossings(batch, phys, len);
		if (unknown)
			max += dma_batch_crossings(batch, phys, len) + 1;
		if (((addr ^ phys) & batch->boundary) &&
		    addr != DMA_MAPPING_ERROR)
			max += dma_batch_crossings(batch, addr, len);
	}
	return max;
}

/**
 * dma_phyrs_max_vecs() - how many entries dma_map_phyrs() can need
 * @dev: the device
 * @phyrs: the ranges
 * @nr: their number
 *
 * For devices behind an IOMMU this is a bound for when no IOVA range can be had;
 * with one they need far fewer.
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
 * table has as many entries as the mapping needs, no pages: @sgt->nents entries
 * are for for_each_sgtable_dma_sg(), and @sgt->orig_nents is 0. So
 * dma_sync_sgtable_for_cpu() and dma_sync_sgtable_for_device() do nothing:
 * without DMA_ATTR_REQUIRE_COHERENT only sg_unmap_phyrs() shows the CPU what the
 * device wrote.
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
 * Context: Any that may free what @gfp of sg_map_phyrs() allocated.
 */
void sg_unmap_phyrs(struct dma_batch *batch, struct sg_table *sgt)
{
	dma_unmap_phyrs(batch);
	sgt->orig_nents = batch->max;
	sg_free_table(sgt);
}
EXPORT_SYMBOL_GPL(sg_unmap_phyrs);
