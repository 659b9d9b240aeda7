// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical ranges (phyrs) to DMA addresses: batches
 *
 * Words: ranges are added to a batch; what the device gets are entries, each of
 * which is a struct dma_vec or the DMA half of a scatterlist entry. A device
 * bounds the length of an entry, and no entry may cross a boundary.
 *
 * Without an IOMMU, each entry is a mapping of its own. Behind one, a batch gets
 * a range of IOVA and links its ranges there, one behind the other, as long as
 * they meet at IOMMU pages; from the first range that does not fit, entries are
 * mappings of their own again. So the first entries of a batch lie in its IOVA
 * range, which is unmapped as a whole, and the others are unmapped one by one.
 *
 * When an error occurs, the batch unmaps everything. An array that is full is no
 * error: the batch stays as it was before the range that did not fit.
 */
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-phyr.h>
#include <linux/export.h>
#include <linux/iommu-dma.h>
#include <linux/scatterlist.h>

#include "phyr.h"
#include "phyr_entry.h"
#include "phyr_limits.h"

/* What dma_batch_map() leaves: most of it is one entry as well. */
static noinline int dma_batch_map_phys(struct dma_batch *batch,
				       const struct phys_vec *phyr)
{
	size_t len = phyr->len;
	dma_addr_t addr;

	dma_batch_need_map_max(batch);
	/* Also true if it is 0. */
	if (len - 1 >= batch->map_max)
		return dma_batch_map_split(batch, phyr);

	addr = dma_batch_map_one(batch, phyr->paddr, len);
	if (dma_mapping_error(batch->dev, addr))
		return dma_batch_refused(batch, phyr->paddr, len);
	if (len - 1 <= batch->boundary - (addr & batch->boundary)) {
		dma_batch_new_entry(batch, addr, len);
		return 0;
	}
	dma_unmap_phys(batch->dev, addr, len, batch->dir,
		       batch->attrs | DMA_ATTR_SKIP_CPU_SYNC);
	return dma_batch_map_split(batch, phyr);
}

/* A range that is a mapping of its own, and mostly one entry. */
static __always_inline int dma_batch_map(struct dma_batch *batch,
					 const struct phys_vec *phyr)
{
	dma_addr_t addr = phys_to_dma_encrypted(batch->dev, phyr->paddr);
	size_t len = phyr->len;

	if (batch->nr == batch->max)
		return -ENOSPC;
	if (dma_batch_is_p2pdma(batch, phyr))
		return -EREMOTEIO;
	/* An empty range is longer than all of these. */
	if (addr >= batch->direct_end || len > batch->direct_end - addr ||
	    len - 1 >= batch->vec_max ||
	    len - 1 > batch->boundary - (addr & batch->boundary))
		return dma_batch_map_phys(batch, phyr);
	dma_batch_new_entry(batch, addr, len);
	return 0;
}

static __always_inline int
dma_batch_init(struct dma_batch *batch, struct device *dev,
	       enum dma_data_direction dir, unsigned long attrs)
{
	if (!valid_dma_direction(dir))
		return -EINVAL;
	if (!dev->dma_mask)
		return -EIO;
	if ((attrs & DMA_ATTR_REQUIRE_COHERENT) && !dev_is_dma_coherent(dev))
		return -EOPNOTSUPP;

	batch->nr = 0;
	batch->dev = dev;
	batch->attrs = attrs;
	batch->dir = dir;
	batch->sgl = NULL;
	batch->iova = (struct dma_iova_state){};
	batch->linked = 0;
	batch->nr_linked = 0;
	batch->links = false;
	batch->unflushed = false;
	dma_batch_init_limits(batch);
	return 0;
}

/**
 * dma_batch_start() - start to map physical ranges for a device
 * @batch: the caller's struct; need not be initialised
 * @dev: the device
 * @first: physical address of the first byte that is going to be added
 * @size: how many bytes are going to be added at most; 0 if that is unknown
 * @dir: direction of the transfers
 * @attrs: DMA_ATTR_* of all ranges
 * @gfp: how to allocate the IOMMU's page tables for one range of DMA addresses
 * @vecs: the caller's array, kept until dma_unmap_phyrs()
 * @max: number of entries of @vecs
 *
 * Behind an IOMMU, and if @size is known, the ranges become one range of DMA
 * addresses as far as they meet at IOMMU pages. Entries are no longer than the
 * device's maximum segment size and do not cross its segment boundary.
 *
 * With DMA_ATTR_MMIO the ranges need no struct page. Memory of a peer device is
 * not for this function: what is reached through a PCI switch has bus addresses
 * already. If it has struct pages, it is refused without DMA_ATTR_MMIO.
 *
 * Context: Any. Allocates IOVA space, without sleeping.
 * Return: 0, and the batch is to be ended by dma_unmap_phyrs(), or by an error
 * of dma_batch_add() or dma_batch_finish(); %-EINVAL if @dir is none;
 * %-EOPNOTSUPP if @attrs has DMA_ATTR_REQUIRE_COHERENT and the device is not;
 * %-EIO if it cannot do DMA.
 */
int dma_batch_start(struct dma_batch *batch, struct device *dev,
		    phys_addr_t first, size_t size,
		    enum dma_data_direction dir, unsigned long attrs,
		    gfp_t gfp, struct dma_vec *vecs, unsigned int max)
{
	int err;

	err = dma_batch_init(batch, dev, dir, attrs);
	if (err)
		return err;
	batch->vecs = vecs;
	batch->max = max;
	batch->gfp = gfp;
	if (use_dma_iommu(dev) && size)
		dma_batch_alloc_iova(batch, first, size);
	return 0;
}
EXPORT_SYMBOL_GPL(dma_batch_start);

/*
 * Map ranges one by one, from number @added on. Returns how many there are then,
 * which is fewer than @nr if the array is full; or -errno, and the batch has
 * ended.
 */
static __always_inline int dma_batch_map_ranges(struct dma_batch *batch,
						const struct phys_vec *phyrs,
						unsigned int nr,
						unsigned int added)
{
	int err;

	for (; added < nr; added++) {
		err = dma_batch_map(batch, &phyrs[added]);
		if (likely(!err))
			continue;
		if (err == -ENOSPC)
			break;
		dma_batch_abort(batch);
		return err;
	}
	return added;
}

static int dma_batch_add_ranges(struct dma_batch *batch,
				const struct phys_vec *phyrs, unsigned int nr)
{
	int added = 0;

	if (use_dma_iommu(batch->dev) && batch->links) {
		added = dma_batch_link(batch, phyrs, nr);
		if (added < 0) {
			dma_batch_abort(batch);
			return added;
		}
		if (batch->links)
			return added;
	}
	return dma_batch_map_ranges(batch, phyrs, nr, added);
}

/**
 * dma_batch_add() - map more ranges
 * @batch: a batch that was started
 * @phyrs: the ranges
 * @nr: their number
 *
 * Context: That of an allocation with the gfp of dma_batch_start().
 * Return: How many of the ranges were added, each of them whole. They are fewer
 * than @nr if the entries of the next one do not fit the array: finish the batch,
 * and start another one for the rest. Otherwise -errno, and the batch has ended
 * with nothing mapped:
 *
 * * %-EINVAL: a range is empty
 * * %-EREMOTEIO: a range is memory of a peer device, which only dma_map_sg() maps
 * * %-ENOMEM: behind an IOMMU, no DMA addresses or bounce buffers are left
 * * %-EPERM: behind an IOMMU, a range would have to be bounced, and the attrs of
 *   the batch have DMA_ATTR_REQUIRE_COHERENT
 * * %-EIO: the DMA API refused a range; without an IOMMU for any reason
 * * those of dma_iova_link()
 */
int dma_batch_add(struct dma_batch *batch, const struct phys_vec *phyrs,
		  unsigned int nr)
{
	return dma_batch_add_ranges(batch, phyrs,
				    min_t(unsigned int, nr, INT_MAX));
}
EXPORT_SYMBOL_GPL(dma_batch_add);

/**
 * dma_batch_finish() - make what was added visible to the device
 * @batch: a batch that was started
 *
 * Nothing may be added to the batch afterwards.
 *
 * Context: Any.
 * Return: 0; -errno of dma_iova_sync(), and the batch has ended with nothing
 * mapped.
 */
int dma_batch_finish(struct dma_batch *batch)
{
	int err = 0;

	batch->links = false;
	dma_batch_flush(batch);
	if (batch->linked)
		err = dma_iova_sync(batch->dev, &batch->iova, 0, batch->linked);
	if (err)
		dma_batch_abort(batch);
	return err;
}
EXPORT_SYMBOL_GPL(dma_batch_finish);

/*
 * Whether a mapping of its own makes one entry of this range. The IOVA of such a
 * mapping is aligned to a power of two that is at least as long as its pages, so
 * only one that is longer than the distance of two boundaries crosses any.
 */
static inline bool dma_batch_is_entry(const struct dma_batch *batch,
				      const struct phys_vec *phyr)
{
	return phyr->len <= batch->map_max &&
	       offset_in_page(phyr->paddr) + phyr->len - 1 <= batch->boundary;
}

/* One range of IOVA for all, if they can be linked. */
static __always_inline void dma_batch_find_iova(struct dma_batch *batch,
						const struct phys_vec *phyrs,
						unsigned int nr, gfp_t gfp)
{
	size_t size;

	batch->gfp = gfp;
	if (nr == 1 && dma_batch_is_entry(batch, phyrs))
		return;
	size = dma_batch_linkable(batch, phyrs, nr);
	if (size)
		dma_batch_alloc_iova(batch, phyrs->paddr, size);
}

/* A batch for exactly these ranges. The caller gives it an array afterwards. */
int dma_batch_prepare(struct dma_batch *batch, struct device *dev,
		      const struct phys_vec *phyrs, unsigned int nr,
		      enum dma_data_direction dir, unsigned long attrs,
		      gfp_t gfp)
{
	int err;

	if (!nr || nr > INT_MAX)
		return -EINVAL;
	err = dma_batch_init(batch, dev, dir, attrs);
	if (!err && use_dma_iommu(dev))
		dma_batch_find_iova(batch, phyrs, nr, gfp);
	return err;
}

/* Each of the ranges by itself; on an error nothing stays mapped. */
static __always_inline int dma_batch_map_all(struct dma_batch *batch,
					     const struct phys_vec *phyrs,
					     unsigned int nr)
{
	int added = dma_batch_map_ranges(batch, phyrs, nr, 0);

	if (added < 0)
		return added;
	if (added < nr) {
		dma_batch_abort(batch);
		return -ENOSPC;
	}
	dma_batch_flush(batch);
	return 0;
}

/* The ranges of dma_batch_prepare(); on an error nothing stays mapped. */
int dma_batch_add_all(struct dma_batch *batch, const struct phys_vec *phyrs,
		      unsigned int nr)
{
	if (batch->links)
		return dma_batch_link_all(batch, phyrs, nr);
	return dma_batch_map_all(batch, phyrs, nr);
}

/**
 * dma_map_phyrs() - map an array of physical ranges for a device
 * @batch: the caller's struct; need not be initialised
 * @dev: the device
 * @phyrs: the ranges
 * @nr: their number
 * @dir: direction of the transfers
 * @attrs: DMA_ATTR_* of all ranges
 * @gfp: how to allocate the IOMMU's page tables for one range of DMA addresses
 * @vecs: the caller's array, kept until dma_unmap_phyrs()
 * @max: number of entries of @vecs; dma_phyrs_max_vecs() are always enough
 *
 * A batch of exactly these ranges. @batch->nr says how many entries of @vecs
 * describe them, in their order. Behind an IOMMU they are one range of DMA
 * addresses if the ranges meet at IOMMU pages and IOVA space is to be had.
 *
 * What the device wrote is there for the CPU after dma_unmap_phyrs() only: an
 * entry can hold several ranges, for which dma_sync_single_for_cpu() is not made.
 * For memory that both use at the same time set DMA_ATTR_REQUIRE_COHERENT:
 * mapping then fails where it would take bounce buffers.
 *
 * Context: That of an allocation with @gfp. Behind an IOMMU there is IOVA space
 * to be had and page tables; ranges that are no part of one range of DMA addresses
 * get theirs with GFP_ATOMIC, as from dma_map_phys().
 * Return: 0; -errno, with nothing mapped: %-EINVAL if @nr is 0, a range is
 * empty, or @dir is none; %-ENOSPC if @max is too small; the errors of
 * dma_batch_start() and dma_batch_add().
 */
int dma_map_phyrs(struct dma_batch *batch, struct device *dev,
		  const struct phys_vec *phyrs, unsigned int nr,
		  enum dma_data_direction dir, unsigned long attrs,
		  gfp_t gfp, struct dma_vec *vecs, unsigned int max)
{
	int err;

	if (!nr || nr > INT_MAX)
		return -EINVAL;
	err = dma_batch_init(batch, dev, dir, attrs);
	if (err)
		return err;
	batch->vecs = vecs;
	batch->max = max;
	if (use_dma_iommu(dev)) {
		dma_batch_find_iova(batch, phyrs, nr, gfp);
		if (batch->links)
			return dma_batch_link_all(batch, phyrs, nr);
	}
	return dma_batch_map_all(batch, phyrs, nr);
}
EXPORT_SYMBOL_GPL(dma_map_phyrs);
