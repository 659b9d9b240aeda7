// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical ranges (phyrs) to DMA addresses: ranges that are not one mapping, as
 * they are too long, cross a boundary, or are refused
 */
#include <linux/dma-map-ops.h>
#include <linux/iommu-dma.h>
#include <linux/scatterlist.h>

#include "phyr.h"
#include "phyr_entry.h"
#include "phyr_limits.h"

/*
 * dma_map_phys() does not say why it refused. The caller may try again after
 * -ENOMEM only.
 */
int dma_batch_refused(const struct dma_batch *batch, phys_addr_t phys,
		      size_t len)
{
	struct device *dev = batch->dev;

	if (!use_dma_iommu(dev) || (batch->attrs & DMA_ATTR_CC_SHARED))
		return -EIO;
	/* As dma_iova_link(). */
	if ((batch->attrs & DMA_ATTR_REQUIRE_COHERENT) &&
	    dma_iommu_bounces(dev) &&
	    ((phys | len) & dma_get_merge_boundary(dev)))
		return -EPERM;
	return -ENOMEM;
}

/*
 * Make a mapping of its own of up to @len bytes. Returns how many bytes it has,
 * or -errno.
 */
static ssize_t dma_batch_map_entry(struct dma_batch *batch, phys_addr_t phys,
				   size_t len)
{
	bool again = false;

	for (;;) {
		dma_addr_t addr = dma_batch_map_one(batch, phys, len);
		size_t within;

		if (dma_mapping_error(batch->dev, addr))
			return dma_batch_refused(batch, phys, len);

		within = dma_batch_within(batch, addr, len);
		if (within == len) {
			dma_batch_new_entry(batch, addr, len);
			return len;
		}
		/*
		 * The mapping crosses a boundary: map what lies before it.
		 * If the address follows from the physical one, the new
		 * mapping begins where this one did, and ends with the
		 * boundary. If not, it is aligned so that it crosses none.
		 */
		dma_unmap_phys(batch->dev, addr, len, batch->dir,
			       batch->attrs | DMA_ATTR_SKIP_CPU_SYNC);
		if (again)
			return -EIO;
		again = true;
		len = within;
	}
}

/*
 * Make several entries of a range. -ENOSPC if the array is full, which leaves
 * the batch as it was; on other errors the caller unmaps all of it.
 */
int dma_batch_map_split(struct dma_batch *batch, const struct phys_vec *phyr)
{
	struct scatterlist *last = batch->sgl ? batch->last : NULL;
	unsigned int nr = batch->nr;
	size_t at;

	if (!phyr->len)
		return -EINVAL;

	for (at = 0; at < phyr->len;) {
		phys_addr_t phys = phyr->paddr + at;
		size_t len = dma_batch_piece(batch, phys, phyr->len - at);
		ssize_t mapped;

		if (batch->nr == batch->max)
			goto full;
		/* DMA addresses mostly cross boundaries where these do. */
		len = dma_batch_within(batch, phys, len);
		mapped = dma_batch_map_entry(batch, phys, len);
		if (mapped < 0)
			return mapped;
		at += mapped;
	}
	return 0;

full:
	dma_batch_unmap_entries(batch, nr,
				nr && last ? sg_next(last) : batch->sgl,
				batch->attrs | DMA_ATTR_SKIP_CPU_SYNC);
	batch->last = last;
	return -ENOSPC;
}
