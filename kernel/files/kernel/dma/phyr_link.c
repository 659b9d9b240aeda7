// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical ranges (phyrs) to DMA addresses: ranges that are linked, one behind
 * the other, in a range of IOVA
 */
#include <linux/dma-map-ops.h>
#include <linux/dma-phyr.h>
#include <linux/iommu-dma.h>
#include <linux/overflow.h>
#include <linux/scatterlist.h>

#include "phyr.h"
#include "phyr_entry.h"
#include "phyr_limits.h"

/*
 * Whether ranges may be linked: only if that is refused exactly when a mapping of
 * their own is. dma_iova_link() differs in two things. It does not know of
 * DMA_ATTR_CC_SHARED; and it refuses MMIO that is not aligned to IOMMU pages
 * where it would bounce other memory: for a device that is not trusted, and for
 * one that is not coherent, whose data may share a cache line with others'.
 */
static bool dma_batch_may_link(const struct dma_batch *batch)
{
	if (batch->attrs & DMA_ATTR_CC_SHARED)
		return false;
	if (!(batch->attrs & DMA_ATTR_MMIO))
		return true;
	return !dma_iommu_bounces(batch->dev) &&
	       dma_kmalloc_safe(batch->dev, batch->dir);
}

/* Try to get a range of IOVA for @size bytes, which is not 0. */
void dma_batch_alloc_iova(struct dma_batch *batch, phys_addr_t first,
			  size_t size)
{
	if (((u64)size & DMA_IOVA_USE_SWIOTLB) || !dma_batch_may_link(batch))
		return;
	batch->links = dma_iova_try_alloc(batch->dev, &batch->iova, first,
					  size);
	if (!batch->links)
		return;
	batch->granule_mask = dma_get_merge_boundary(batch->dev);
	batch->room = 0;
}

/*
 * The sum of the lengths if none is 0, the ranges meet at IOMMU pages, and none
 * is of a peer device; otherwise 0.
 */
size_t dma_batch_linkable(const struct dma_batch *batch,
			  const struct phys_vec *phyrs, unsigned int nr)
{
	const struct phys_vec *last = &phyrs[nr - 1];
	phys_addr_t borders = 0;
	size_t size = 0;

	for (; phyrs != last; phyrs++) {
		if (unlikely(!phyrs->len ||
			     check_add_overflow(size, phyrs->len, &size) ||
			     dma_batch_is_p2pdma(batch, phyrs)))
			return 0;
		borders |= (phyrs->paddr + phyrs->len) | phyrs[1].paddr;
	}
	if (!last->len || check_add_overflow(size, last->len, &size) ||
	    (borders & dma_get_merge_boundary(batch->dev)) ||
	    dma_batch_is_p2pdma(batch, last))
		return 0;
	return size;
}

/*
 * Entries of one range of IOVA for all; 0 if there is none. Mostly they are few,
 * but ranges that are an entry each can take more if segments do not divide the
 * distance of two boundaries. A range of IOVA begins at a multiple of its size,
 * so that boundaries lie at the same places in each.
 */
size_t dma_batch_max_linked(struct dma_batch *batch,
			    const struct phys_vec *phyrs, unsigned int nr)
{
	unsigned long mask = dma_get_merge_boundary(batch->dev);

	if (!use_dma_iommu(batch->dev))
		return 0;
	batch->room = 0;
	return dma_batch_nr_entries(batch, phyrs->paddr & mask,
				    dma_batch_linkable(batch, phyrs, nr));
}

static void dma_batch_grow_entry(struct dma_batch *batch, size_t len)
{
	if (batch->sgl)
		sg_dma_len(batch->last) += len;
	else
		batch->vecs[batch->nr - 1].len += len;
	batch->room -= len;
}

/* Whether the array has room for @len more bytes of IOVA. */
static noinline bool dma_batch_has_room(const struct dma_batch *batch,
					dma_addr_t addr, size_t len)
{
	return dma_batch_nr_entries(batch, addr, len) <=
	       batch->max - batch->nr;
}

/*
 * Make entries of a range that is linked at @addr, behind the last one in IOVA.
 * All of it, or nothing if the array is full.
 */
static bool dma_batch_add_linked(struct dma_batch *batch, dma_addr_t addr,
				 size_t len)
{
	size_t part = min(len, batch->room);

	if (len > part && !dma_batch_has_room(batch, addr, len))
		return false;

	if (part)
		dma_batch_grow_entry(batch, part);
	for (addr += part, len -= part; len; addr += part, len -= part) {
		size_t most = dma_batch_linked_max(batch, addr);

		part = min(len, most);
		dma_batch_new_entry(batch, addr, part);
		batch->room = most - part;
	}
	return true;
}

/*
 * Link ranges until one does not fit or the array is full. Returns how many, or
 * -errno.
 */
int dma_batch_link(struct dma_batch *batch, const struct phys_vec *phyrs,
		   unsigned int nr)
{
	size_t size = dma_iova_size(&batch->iova);
	size_t offset = batch->linked;
	unsigned int i;
	int err;

	for (i = 0; i < nr; i++) {
		dma_addr_t addr = batch->iova.addr + offset;
		const struct phys_vec *phyr = &phyrs[i];

		err = -EINVAL;
		if (!phyr->len)
			goto forget;
		err = -EREMOTEIO;
		if (dma_batch_is_p2pdma(batch, phyr))
			goto forget;
		if (((phyr->paddr ^ addr) | (offset ? addr : 0)) &
		    batch->granule_mask ||
		    phyr->len > size - offset) {
			batch->links = false;
			break;
		}
		if (!dma_batch_add_linked(batch, addr, phyr->len))
			break;
		offset += phyr->len;
	}

	if (i) {
		err = iommu_dma_link_phyrs(batch->dev, &batch->iova, phyrs, i,
					   batch->linked, batch->dir,
					   batch->attrs, batch->gfp);
		if (err)
			goto forget;
		batch->linked = offset;
		batch->nr_linked = batch->nr;
	}
	return i;

forget:
	/* The entries made above have no mapping. */
	batch->nr = batch->nr_linked;
	return err;
}

/*
 * Link all ranges of dma_batch_prepare(), which has seen that they can be: the
 * entries follow from the size alone.
 */
int dma_batch_link_all(struct dma_batch *batch, const struct phys_vec *phyrs,
		       unsigned int nr)
{
	size_t size = dma_iova_size(&batch->iova);
	int err = -ENOSPC;

	batch->links = false;
	if (!dma_batch_add_linked(batch, batch->iova.addr, size))
		goto abort;
	err = iommu_dma_link_phyrs(batch->dev, &batch->iova, phyrs, nr, 0,
				   batch->dir, batch->attrs, batch->gfp);
	if (err)
		goto abort;
	batch->linked = size;
	batch->nr_linked = batch->nr;
	err = dma_iova_sync(batch->dev, &batch->iova, 0, size);
	if (!err)
		return 0;
abort:
	batch->nr = batch->nr_linked;
	dma_batch_abort(batch);
	return err;
}
