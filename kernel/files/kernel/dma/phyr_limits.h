/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device allows for an entry of a batch, and how many entries that makes
 *
 * Inline, as dma_map_phyrs() asks for it in each call.
 */
#ifndef _KERNEL_DMA_PHYR_LIMITS_H
#define _KERNEL_DMA_PHYR_LIMITS_H

#include <linux/cc_platform.h>
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-phyr.h>
#include <linux/iommu-dma.h>
#include <linux/memremap.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/swiotlb.h>
#include <trace/events/dma.h>

/* Bytes from @addr to the next boundary, or @len if that is fewer. */
static inline size_t dma_batch_within(const struct dma_batch *batch,
				      dma_addr_t addr, size_t len)
{
	return min(len - 1, batch->boundary - (addr & batch->boundary)) + 1;
}

/*
 * Whether the range is memory of a peer device, which may have a bus address, or
 * be out of reach. All of it is, or none: ranges do not cross pgmaps.
 */
static inline bool dma_batch_is_p2pdma(const struct dma_batch *batch,
				       const struct phys_vec *phyr)
{
	return IS_ENABLED(CONFIG_PCI_P2PDMA) && phyr->len &&
	       !(batch->attrs & DMA_ATTR_MMIO) &&
	       is_pci_p2pdma_page(phys_to_page(phyr->paddr));
}

/* Behind an IOMMU: whether memory that is not aligned to its pages is bounced. */
static inline bool dma_iommu_bounces(struct device *dev)
{
	return use_dma_iommu(dev) &&
	       iommu_dma_max_mapping_size(dev) != SIZE_MAX;
}

/*
 * How long a mapping may be; without an IOMMU only one that is bounced, see
 * dma_batch_reaches(). dma_max_mapping_size() would go through all RAM to find
 * out whether the device reaches it, with a lock that interrupts must not take.
 */
static inline size_t dma_batch_mapping_size(struct device *dev)
{
	if (use_dma_iommu(dev))
		return iommu_dma_max_mapping_size(dev);
	if (get_dma_ops(dev))
		return dma_max_mapping_size(dev);
	return is_swiotlb_active(dev) ? swiotlb_max_mapping_size(dev) :
					SIZE_MAX;
}

/*
 * Most memory of a coherent device without an IOMMU is mapped by translating
 * its address. Returns the end of the DMA addresses for which that is all there
 * is to do; 0 if dma_map_phys() has more to do, or is traced.
 */
static inline u64 dma_direct_end(struct device *dev, unsigned long attrs)
{
	if (!IS_ENABLED(CONFIG_ARCH_DMA_ADDR_T_64BIT) ||
	    IS_ENABLED(CONFIG_DMA_API_DEBUG) || IS_ENABLED(CONFIG_KMSAN) ||
	    trace_dma_map_phys_enabled())
		return 0;
	if (get_dma_ops(dev) || !dev_is_dma_coherent(dev) ||
	    is_swiotlb_force_bounce(dev) || force_dma_unencrypted(dev))
		return 0;
	if (attrs & DMA_ATTR_CC_SHARED)
		return 0;
	/* MMIO is shared with the device then, without DMA_ATTR_CC_SHARED. */
	if ((attrs & DMA_ATTR_MMIO) &&
	    cc_platform_has(CC_ATTR_HOST_MEM_ENCRYPT))
		return 0;
	/* The end of 64 bits would be 0: the last byte is for dma_map_phys(). */
	return min(min_not_zero(*dev->dma_mask, dev->bus_dma_limit),
		   U64_MAX - 1) + 1;
}

/* Whether memory needs no bounce buffer though others may. */
static inline bool dma_batch_reaches(const struct dma_batch *batch,
				     phys_addr_t phys, size_t len)
{
	struct device *dev = batch->dev;
	unsigned long attrs = batch->attrs;
	dma_addr_t addr;

	if (use_dma_iommu(dev) || get_dma_ops(dev) ||
	    is_swiotlb_force_bounce(dev))
		return false;
	/* As dma_direct_map_phys(). */
	if ((attrs & DMA_ATTR_MMIO) &&
	    cc_platform_has(CC_ATTR_HOST_MEM_ENCRYPT))
		attrs |= DMA_ATTR_CC_SHARED;
	addr = attrs & DMA_ATTR_CC_SHARED ? phys_to_dma_unencrypted(dev, phys) :
					    phys_to_dma_encrypted(dev, phys);
	return dma_capable(dev, addr, len, !(attrs & DMA_ATTR_MMIO), attrs);
}

/*
 * Only for what is not one entry by dma_batch_direct(): most batches without an
 * IOMMU never ask.
 */
static inline void dma_batch_need_map_max(struct dma_batch *batch)
{
	size_t most;

	if (batch->map_max)
		return;
	most = dma_batch_mapping_size(batch->dev);
	/*
	 * Bounce buffers may not cross a boundary either. Half the distance
	 * between two boundaries always fits in front of one or behind it.
	 */
	if (unlikely(most != SIZE_MAX))
		most = min(most, batch->boundary / 2 + 1);
	batch->map_max = min(batch->vec_max, most);
}

/* What the device of the batch allows, with its attributes. */
static __always_inline void dma_batch_init_limits(struct dma_batch *batch)
{
	struct device *dev = batch->dev;

	batch->vec_max = dma_get_max_seg_size(dev);
	batch->boundary = dma_get_seg_boundary(dev);
	batch->map_max = 0;
	if (use_dma_iommu(dev)) {
		batch->direct_end = 0;
		dma_batch_need_map_max(batch);
	} else {
		batch->direct_end = dma_direct_end(dev, batch->attrs);
	}
}

/*
 * How many of the @len bytes at @phys, all that is left of a range, one mapping
 * may have.
 */
static inline size_t dma_batch_piece(const struct dma_batch *batch,
				     phys_addr_t phys, size_t len)
{
	if (len > batch->vec_max)
		len = dma_up_to_page(phys, batch->vec_max);
	if (len > batch->map_max && !dma_batch_reaches(batch, phys, len))
		len = dma_up_to_page(phys, batch->map_max);
	return len;
}

/* How long an entry that begins at @addr in the IOVA range can become. */
static inline size_t dma_batch_linked_max(const struct dma_batch *batch,
					  dma_addr_t addr)
{
	return dma_batch_within(batch, addr,
				dma_up_to_page(addr, batch->vec_max));
}

/* Entries for @len bytes of IOVA, of which the last entry takes what it can. */
static inline size_t dma_batch_nr_entries(const struct dma_batch *batch,
					  dma_addr_t addr, size_t len)
{
	size_t part, nr = 0;

	for (part = min(len, batch->room); len > part; nr++) {
		addr += part;
		len -= part;
		part = min(len, dma_batch_linked_max(batch, addr));
	}
	return nr;
}

/* How many boundaries lie between the first and the last byte. */
static inline size_t dma_batch_crossings(const struct dma_batch *batch,
					 dma_addr_t addr, size_t len)
{
	dma_addr_t last = addr + len - 1;
	unsigned int bits;

	if (!((addr ^ last) & ~(dma_addr_t)batch->boundary))
		return 0;
	bits = fls_long(batch->boundary);
	return (last >> bits) - (addr >> bits);
}

/*
 * Entries that a range needs at most if each entry is mapped by itself. It is
 * split by length, and where physical memory crosses a boundary, because DMA
 * addresses mostly do so at the same places; see dma_batch_map_split(). What
 * follows is for those that do not.
 */
static inline size_t dma_batch_max_entries_of(const struct dma_batch *batch,
					      const struct phys_vec *phyr)
{
	dma_addr_t addr = phys_to_dma(batch->dev, phyr->paddr);
	size_t crossings, nr = 1;

	if (!phyr->len)
		return 0;
	if (phyr->len > batch->map_max) {
		size_t most = dma_batch_reaches(batch, phyr->paddr, phyr->len) ?
				      batch->vec_max : batch->map_max;

		if (phyr->len > most)
			nr += 1 + (phyr->len - 1 -
				   dma_up_to_page(phyr->paddr, most)) /
					  dma_up_to_page(0, most);
	}
	crossings = dma_batch_crossings(batch, phyr->paddr, phyr->len);
	nr += crossings;
	/* Addresses from dma_map_ops are anywhere: each piece may cross one. */
	if (get_dma_ops(batch->dev))
		nr += crossings + 1;
	if (((addr ^ phyr->paddr) & batch->boundary) &&
	    addr != DMA_MAPPING_ERROR)
		nr += dma_batch_crossings(batch, addr, phyr->len);
	return nr;
}

#endif /* _KERNEL_DMA_PHYR_LIMITS_H */
