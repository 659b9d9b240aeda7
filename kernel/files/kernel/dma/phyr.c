// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical ranges (phyrs) to DMA addresses
 *
 * Words: ranges are added to a batch; what the device gets are entries, which
 * are struct dma_vec or the DMA half of a scatterlist. A device bounds the
 * length of an entry and names boundaries that no entry may cross.
 *
 * Behind an IOMMU a batch links its ranges one behind the other in one range of
 * IOVA, as long as they meet at IOMMU pages. From the first range that does not
 * fit on, and without an IOMMU from the start, each entry is a mapping of its
 * own. So the entries of a batch are some that lie in the IOVA range, which is
 * unmapped as a whole, and then some that are unmapped one by one.
 *
 * A batch is all or nothing for errors: whoever finds one unmaps everything. An
 * array that is full is no error, and leaves the batch as it was.
 */
#include <linux/cc_platform.h>
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-phyr.h>
#include <linux/export.h>
#include <linux/iommu-dma.h>
#include <linux/overflow.h>
#include <linux/scatterlist.h>
#include <linux/swiotlb.h>
#include <trace/events/dma.h>

#include "phyr.h"

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

static void dma_batch_grow_entry(struct dma_batch *batch, size_t len)
{
	if (batch->sgl)
		sg_dma_len(batch->last) += len;
	else
		batch->vecs[batch->nr - 1].len += len;
	batch->room -= len;
}

/* All of the range, which follows the last one in IOVA, or nothing. */
static bool dma_batch_add_linked(struct dma_batch *batch, dma_addr_t addr,
				 size_t len)
{
	size_t part = min(len, batch->room);

	if (len > part &&
	    dma_batch_nr_entries(batch, addr, len) > batch->max - batch->nr)
		return false;

	if (part)
		dma_batch_grow_entry(batch, part);
	for (addr += part, len -= part; len; addr += part, len -= part) {
		size_t most = dma_batch_within(batch, addr, batch->vec_max);

		part = min(len, most);
		dma_batch_new_entry(batch, addr, part);
		batch->room = most - part;
	}
	return true;
}

/* No IOMMU, and DMA addresses that are not the physical ones. */
static bool dma_batch_translates(struct device *dev)
{
	return unlikely(dev->dma_range_map) && !get_dma_ops(dev);
}

/* Behind an IOMMU: whether what is not aligned to it is bounced. */
static bool dma_iommu_bounces(struct device *dev)
{
	return use_dma_iommu(dev) &&
	       iommu_dma_max_mapping_size(dev) != SIZE_MAX;
}

static inline size_t dma_batch_mapping_size(struct device *dev)
{
	if (use_dma_iommu(dev))
		return iommu_dma_max_mapping_size(dev);
	/*
	 * Whether the device reaches all memory could be known, but under a
	 * lock that is not for interrupts: see dma_batch_reaches().
	 */
	if (dma_batch_translates(dev) && is_swiotlb_active(dev))
		return swiotlb_max_mapping_size(dev);
	return dma_max_mapping_size(dev);
}

/* How long a mapping of its own may be. */
static inline void dma_batch_init_map_max(struct dma_batch *batch)
{
	size_t most = dma_batch_mapping_size(batch->dev);

	/*
	 * Bounce buffers may not cross a boundary either: between two there is
	 * always one for half the distance.
	 */
	if (unlikely(most != SIZE_MAX))
		most = min(most, batch->boundary / 2 + 1);
	batch->map_max = min(batch->vec_max, most);
}

/*
 * Without an IOMMU a coherent device mostly needs no more than the translation
 * of an address that it reaches. Returns the end of such DMA addresses; 0 if
 * dma_map_phys() has more to do, or somebody watches it.
 */
static inline u64 dma_batch_direct_end(const struct dma_batch *batch)
{
	struct device *dev = batch->dev;

	if (!IS_ENABLED(CONFIG_ARCH_DMA_ADDR_T_64BIT) ||
	    IS_ENABLED(CONFIG_DMA_API_DEBUG) || IS_ENABLED(CONFIG_KMSAN) ||
	    trace_dma_map_phys_enabled())
		return 0;
	if (get_dma_ops(dev) || !dev_is_dma_coherent(dev) ||
	    is_swiotlb_force_bounce(dev) || force_dma_unencrypted(dev))
		return 0;
	if (batch->attrs & DMA_ATTR_CC_SHARED)
		return 0;
	/* Shared with the device, which is not said by the caller. */
	if ((batch->attrs & DMA_ATTR_MMIO) &&
	    cc_platform_has(CC_ATTR_HOST_MEM_ENCRYPT))
		return 0;
	/* All 64 bits would be 0: the last byte is for dma_map_phys(). */
	return min(min_not_zero(*dev->dma_mask, dev->bus_dma_limit),
		   U64_MAX - 1) + 1;
}

/* Whether the range needs no bounce buffer though others may. */
static bool dma_batch_reaches(const struct dma_batch *batch,
			      const struct phys_vec *phyr)
{
	struct device *dev = batch->dev;

	return dma_batch_translates(dev) && !is_swiotlb_force_bounce(dev) &&
	       dma_capable(dev, phys_to_dma(dev, phyr->paddr), phyr->len,
			   !(batch->attrs & DMA_ATTR_MMIO), batch->attrs);
}

/*
 * Link ranges until one does not fit or the array is full. Returns how many, or
 * -errno.
 */
static int dma_batch_link(struct dma_batch *batch,
			  const struct phys_vec *phyrs, unsigned int nr)
{
	size_t size = dma_iova_size(&batch->iova);
	size_t offset = batch->linked;
	unsigned int i;
	int err;

	for (i = 0; i < nr; i++) {
		dma_addr_t addr = batch->iova.addr + offset;
		const struct phys_vec *phyr = &phyrs[i];

		if (!phyr->len) {
			err = -EINVAL;
			goto forget;
		}
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
					   batch->attrs);
		if (err)
			goto forget;
		batch->linked = offset;
		batch->nr_linked = batch->nr;
	}
	return i;

forget:
	/* Entries without a mapping. */
	batch->nr = batch->nr_linked;
	return err;
}

static void dma_batch_unmap_entries(struct dma_batch *batch, unsigned int first,
				    struct scatterlist *sg, unsigned long attrs)
{
	unsigned int i;

	/* The device is coherent, and nothing has ever been bounced for it. */
	if (!use_dma_iommu(batch->dev) && !dma_need_unmap(batch->dev) &&
	    !trace_dma_unmap_phys_enabled())
		batch->nr = first;
	for (i = first; i < batch->nr; i++) {
		struct dma_vec vec = dma_batch_entry(batch, i, sg);

		dma_unmap_phys(batch->dev, vec.addr, vec.len, batch->dir,
			       attrs);
		if (sg)
			sg = sg_next(sg);
	}
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

/* dma_map_phys() does not say why it refused; these are for good but for one. */
static noinline int dma_batch_refused(const struct dma_batch *batch,
				      phys_addr_t phys, size_t len)
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

/* A mapping of its own, of up to @len bytes; returns the bytes, or -errno. */
static ssize_t dma_batch_map_entry(struct dma_batch *batch, phys_addr_t phys,
				   size_t len)
{
	bool again = false;

	for (;;) {
		dma_addr_t addr = dma_map_phys(batch->dev, phys, len,
					       batch->dir, batch->attrs);
		size_t within;

		if (dma_mapping_error(batch->dev, addr))
			return dma_batch_refused(batch, phys, len);

		within = dma_batch_within(batch, addr, len);
		if (within == len) {
			dma_batch_new_entry(batch, addr, len);
			return len;
		}
		/*
		 * An address that follows from the physical one crosses the
		 * boundary at the same place again. Others do not cross it.
		 */
		dma_unmap_phys(batch->dev, addr, len, batch->dir,
			       batch->attrs | DMA_ATTR_SKIP_CPU_SYNC);
		if (again)
			return -EIO;
		again = true;
		len = within;
	}
}

/* All of the range, in several entries, or nothing. */
static noinline int dma_batch_map_split(struct dma_batch *batch,
					const struct phys_vec *phyr)
{
	struct scatterlist *last = batch->sgl ? batch->last : NULL;
	size_t most = batch->map_max;
	unsigned int nr = batch->nr;
	size_t at;

	if (!phyr->len)
		return -EINVAL;
	if (dma_batch_reaches(batch, phyr))
		most = batch->vec_max;
	most = dma_whole_pages(most);

	for (at = 0; at < phyr->len;) {
		phys_addr_t phys = phyr->paddr + at;
		size_t len = min(phyr->len - at, most);
		ssize_t mapped;

		if (batch->nr == batch->max)
			goto full;
		/* Boundaries are mostly where they are in physical memory. */
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

/* Most ranges are one entry. */
static int dma_batch_map(struct dma_batch *batch, const struct phys_vec *phyr)
{
	size_t len = phyr->len;
	dma_addr_t addr;

	if (batch->nr == batch->max)
		return -ENOSPC;
	/* Also if it is 0. */
	if (len - 1 >= batch->map_max)
		return dma_batch_map_split(batch, phyr);

	addr = phys_to_dma_encrypted(batch->dev, phyr->paddr);
	if (addr >= batch->direct_end || len > batch->direct_end - addr) {
		addr = dma_map_phys(batch->dev, phyr->paddr, len, batch->dir,
				    batch->attrs);
		if (dma_mapping_error(batch->dev, addr))
			return dma_batch_refused(batch, phyr->paddr, len);
	}
	if (len - 1 <= batch->boundary - (addr & batch->boundary)) {
		dma_batch_new_entry(batch, addr, len);
		return 0;
	}
	dma_unmap_phys(batch->dev, addr, len, batch->dir,
		       batch->attrs | DMA_ATTR_SKIP_CPU_SYNC);
	return dma_batch_map_split(batch, phyr);
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
	batch->vec_max = dma_get_max_seg_size(dev);
	batch->boundary = dma_get_seg_boundary(dev);
	batch->sgl = NULL;
	batch->iova = (struct dma_iova_state){};
	batch->linked = 0;
	batch->nr_linked = 0;
	batch->links = false;
	batch->direct_end = use_dma_iommu(dev) ? 0 :
						 dma_batch_direct_end(batch);
	dma_batch_init_map_max(batch);
	return 0;
}

/*
 * Whether a range that is linked is refused if, and only if, a mapping of its
 * own is. dma_iova_link() wants no MMIO that is not aligned if it bounces, be it
 * for what could be in the same cache line, and does not know of
 * DMA_ATTR_CC_SHARED.
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

/* A range of IOVA for @size bytes; 0: none. */
static inline void dma_batch_alloc_iova(struct dma_batch *batch,
					phys_addr_t first, size_t size)
{
	if (!size || ((u64)size & DMA_IOVA_USE_SWIOTLB) ||
	    !dma_batch_may_link(batch))
		return;
	batch->links = dma_iova_try_alloc(batch->dev, &batch->iova, first,
					  size);
	if (!batch->links)
		return;
	batch->granule_mask = dma_get_merge_boundary(batch->dev);
	batch->vec_max = dma_whole_pages(batch->vec_max);
	batch->room = 0;
}

/**
 * dma_batch_start() - start to map physical ranges for a device
 * @batch: the caller's struct; need not be initialised
 * @dev: the device
 * @first: physical address of the first byte that is going to be added
 * @size: how many bytes are going to be added at most; 0 if that is unknown
 * @dir: direction of the transfers
 * @attrs: DMA_ATTR_* of all ranges
 * @vecs: the caller's array, kept until dma_unmap_phyrs()
 * @max: number of entries of @vecs
 *
 * Behind an IOMMU, and if @size is known, the ranges become one range of DMA
 * addresses as far as they meet at IOMMU pages. It is split into entries of at
 * most the device's maximum segment size that do not cross its segment boundary.
 *
 * With DMA_ATTR_MMIO the ranges need no struct page. Memory of a peer device
 * that is reached through a PCI switch has bus addresses already and is not for
 * this function.
 *
 * Context: Any. Allocates nothing but IOVA space.
 * Return: 0, and the batch is to be ended by dma_unmap_phyrs(), or by an error
 * of dma_batch_add() or dma_batch_finish(); %-EINVAL if @dir is none;
 * %-EOPNOTSUPP if @attrs has DMA_ATTR_REQUIRE_COHERENT and the device is not;
 * %-EIO if it cannot do DMA.
 */
int dma_batch_start(struct dma_batch *batch, struct device *dev,
		    phys_addr_t first, size_t size,
		    enum dma_data_direction dir, unsigned long attrs,
		    struct dma_vec *vecs, unsigned int max)
{
	int err;

	err = dma_batch_init(batch, dev, dir, attrs);
	if (err)
		return err;
	batch->vecs = vecs;
	batch->max = max;
	dma_batch_alloc_iova(batch, first, size);
	return 0;
}
EXPORT_SYMBOL_GPL(dma_batch_start);

static int dma_batch_add_ranges(struct dma_batch *batch,
				const struct phys_vec *phyrs, unsigned int nr)
{
	unsigned int added = 0;
	int err;

	if (use_dma_iommu(batch->dev) && batch->links) {
		err = dma_batch_link(batch, phyrs, nr);
		if (err < 0)
			goto abort;
		added = err;
		if (batch->links)
			return added;
	}

	for (; added < nr; added++) {
		err = dma_batch_map(batch, &phyrs[added]);
		if (err == -ENOSPC)
			break;
		if (err)
			goto abort;
	}
	return added;

abort:
	dma_batch_abort(batch);
	return err;
}

/**
 * dma_batch_add() - map more ranges
 * @batch: a batch that was started
 * @phyrs: the ranges
 * @nr: their number
 *
 * Context: Any.
 * Return: How many of the ranges were added, each of them whole; fewer than @nr
 * if the entries of the next one do not fit the array: finish the batch, and
 * start another one for the rest. Otherwise -errno, and the batch has ended with
 * nothing mapped: %-EINVAL if a range is empty; %-ENOMEM if there are no DMA
 * addresses or bounce buffers left behind an IOMMU; %-EPERM if @attrs of the
 * batch has DMA_ATTR_REQUIRE_COHERENT and the range would have to be bounced
 * there; %-EIO if the DMA API refused one for another reason, which without an
 * IOMMU is not told from the former; the errors of dma_iova_link().
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
	if (batch->linked)
		err = dma_iova_sync(batch->dev, &batch->iova, 0, batch->linked);
	if (err)
		dma_batch_abort(batch);
	return err;
}
EXPORT_SYMBOL_GPL(dma_batch_finish);

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

/* The sum of the lengths if the ranges meet at IOMMU pages, otherwise 0. */
static size_t __dma_batch_linkable(const struct dma_batch *batch,
				   const struct phys_vec *phyrs,
				   unsigned int nr)
{
	unsigned long mask = dma_get_merge_boundary(batch->dev);
	size_t size = 0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		phys_addr_t end = phyrs[i].paddr + phyrs[i].len;

		if (((i ? phyrs[i].paddr : 0) | (i < nr - 1 ? end : 0)) & mask ||
		    check_add_overflow(size, phyrs[i].len, &size))
			return 0;
	}
	return size;
}

/*
 * Whether one mapping of its own is one entry. Its IOVA is aligned to a power of
 * two that holds all of it and what the first page has before it.
 */
static inline bool dma_batch_is_entry(const struct dma_batch *batch,
				      const struct phys_vec *phyr)
{
	return phyr->len <= batch->map_max &&
	       offset_in_page(phyr->paddr) + phyr->len - 1 <= batch->boundary;
}

/* The length of one range of IOVA for all; 0 if there is none, or no use in it. */
static inline size_t dma_batch_linkable(const struct dma_batch *batch,
					const struct phys_vec *phyrs,
					unsigned int nr)
{
	if (!use_dma_iommu(batch->dev) ||
	    (nr == 1 && dma_batch_is_entry(batch, phyrs)))
		return 0;
	return __dma_batch_linkable(batch, phyrs, nr);
}

static __always_inline int
__dma_batch_prepare(struct dma_batch *batch, struct device *dev,
		    const struct phys_vec *phyrs, unsigned int nr,
		    enum dma_data_direction dir, unsigned long attrs)
{
	int err;

	if (!nr || nr > INT_MAX)
		return -EINVAL;
	err = dma_batch_init(batch, dev, dir, attrs);
	if (err)
		return err;
	dma_batch_alloc_iova(batch, phyrs->paddr,
			     dma_batch_linkable(batch, phyrs, nr));
	return 0;
}

/* A batch for exactly these ranges, which has no entries to fill yet. */
int dma_batch_prepare(struct dma_batch *batch, struct device *dev,
		      const struct phys_vec *phyrs, unsigned int nr,
		      enum dma_data_direction dir, unsigned long attrs)
{
	return __dma_batch_prepare(batch, dev, phyrs, nr, dir, attrs);
}

static __always_inline int
__dma_batch_add_all(struct dma_batch *batch, const struct phys_vec *phyrs,
		    unsigned int nr)
{
	int added = dma_batch_add_ranges(batch, phyrs, nr);

	if (added < 0)
		return added;
	if (added < nr) {
		dma_batch_abort(batch);
		return -ENOSPC;
	}
	return batch->linked ? dma_batch_finish(batch) : 0;
}

/* The ranges of dma_batch_prepare(); on an error nothing stays mapped. */
int dma_batch_add_all(struct dma_batch *batch, const struct phys_vec *phyrs,
		      unsigned int nr)
{
	return __dma_batch_add_all(batch, phyrs, nr);
}

/**
 * dma_map_phyrs() - map an array of physical ranges for a device
 * @batch: the caller's struct; need not be initialised
 * @dev: the device
 * @phyrs: the ranges
 * @nr: their number
 * @dir: direction of the transfers
 * @attrs: DMA_ATTR_* of all ranges
 * @vecs: the caller's array, kept until dma_unmap_phyrs()
 * @max: number of entries of @vecs; dma_phyrs_max_vecs() are always enough
 *
 * A batch of exactly these ranges. @batch->nr says how many entries of @vecs
 * describe them, in their order. Behind an IOMMU they are one range of DMA
 * addresses if the ranges meet at IOMMU pages and IOVA space is to be had.
 *
 * Use DMA_ATTR_REQUIRE_COHERENT for memory that device and CPU use at the same
 * time: bounce buffers are then refused. Without it only dma_unmap_phyrs() shows
 * the CPU what the device wrote: entries can hold several ranges, for which there
 * is no dma_sync_single_for_cpu().
 *
 * Context: Any. Allocates nothing but IOVA space.
 * Return: 0; -errno, with nothing mapped: %-EINVAL if @nr is 0, a range is
 * empty, or @dir is none; %-ENOSPC if @max is too small; the errors of
 * dma_batch_start() and dma_batch_add().
 */
int dma_map_phyrs(struct dma_batch *batch, struct device *dev,
		  const struct phys_vec *phyrs, unsigned int nr,
		  enum dma_data_direction dir, unsigned long attrs,
		  struct dma_vec *vecs, unsigned int max)
{
	int err;

	err = __dma_batch_prepare(batch, dev, phyrs, nr, dir, attrs);
	if (err)
		return err;
	batch->vecs = vecs;
	batch->max = max;
	return __dma_batch_add_all(batch, phyrs, nr);
}
EXPORT_SYMBOL_GPL(dma_map_phyrs);
