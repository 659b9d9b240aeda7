// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical ranges (phyrs) to DMA addresses of RDMA devices
 *
 * Devices with virtual DMA take addresses of the direct map in place of DMA
 * addresses. Mapping for them is a translation, and unmapping is nothing.
 */
#include <linux/export.h>
#include <linux/io.h>
#include <linux/memremap.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/scatterlist.h>
#include <rdma/ib_phyr.h>
#include <rdma/ib_verbs.h>

static int ib_virt_check_phyrs(const struct phys_vec *phyrs, unsigned int nr,
			       enum dma_data_direction dir,
			       unsigned long attrs)
{
	phys_addr_t last;

	if (!nr || nr > INT_MAX || !valid_dma_direction(dir))
		return -EINVAL;
	/* Memory of other devices is not in the direct map. */
	if (attrs & DMA_ATTR_MMIO)
		return -EREMOTEIO;
	for (; nr; nr--, phyrs++) {
		if (!phyrs->len)
			return -EINVAL;
		if (check_add_overflow(phyrs->paddr, phyrs->len - 1, &last))
			return -EINVAL;
		if (is_pci_p2pdma_page(phys_to_page(phyrs->paddr)))
			return -EREMOTEIO;
	}
	return 0;
}

/* How much of a range one entry holds. */
static size_t ib_virt_piece(struct ib_device *dev, phys_addr_t paddr,
			    size_t len)
{
	return min(len, dma_up_to_page(paddr, ib_dma_max_seg_size(dev)));
}

static int ib_virt_map_phyrs(struct dma_batch *batch, struct ib_device *dev,
			     const struct phys_vec *phyrs, unsigned int nr,
			     enum dma_data_direction dir, unsigned long attrs,
			     struct dma_vec *vecs, unsigned int max)
{
	size_t at, len;
	int err;

	err = ib_virt_check_phyrs(phyrs, nr, dir, attrs);
	if (err)
		return err;
	batch->vecs = vecs;
	batch->nr = 0;
	for (; nr; nr--, phyrs++)
		for (at = 0; at < phyrs->len; at += len) {
			phys_addr_t paddr = phyrs->paddr + at;

			if (batch->nr == max)
				return -ENOSPC;
			len = ib_virt_piece(dev, paddr, phyrs->len - at);
			vecs[batch->nr++] = (struct dma_vec){
				.addr = (uintptr_t)phys_to_virt(paddr),
				.len = len,
			};
		}
	return 0;
}

/**
 * ib_dma_map_phyrs() - map an array of physical ranges for an RDMA device
 * @batch: the caller's struct; need not be initialised
 * @dev: the device
 * @phyrs: the ranges
 * @nr: their number
 * @dir: direction of the transfers
 * @attrs: DMA_ATTR_* of all ranges
 * @gfp: as dma_map_phyrs()
 * @vecs: the caller's array, kept until ib_dma_unmap_phyrs()
 * @max: number of entries of @vecs; ib_dma_phyrs_max_vecs() are always enough
 *
 * dma_map_phyrs() for the device that does the DMA, or, if @dev uses virtual
 * DMA, the addresses of the direct map that such a device takes for DMA
 * addresses. @batch->nr says how many entries of @vecs describe the ranges, in
 * their order; none is longer than ib_dma_max_seg_size(). An entry can be made
 * a struct ib_sge with the local_dma_lkey of a protection domain.
 *
 * ib_dma_unmap_phyrs() undoes it. The memory must stay until then.
 *
 * Context: That of dma_map_phyrs(). Any with virtual DMA, which allocates
 * nothing.
 * Return: 0; -errno, with nothing mapped: those of dma_map_phyrs(). With virtual
 * DMA they are %-EINVAL if @nr is 0, a range is empty or ends behind the last
 * physical address, or @dir is none; %-ENOSPC if @max is too small;
 * %-EREMOTEIO if a range is memory of another device.
 */
int ib_dma_map_phyrs(struct dma_batch *batch, struct ib_device *dev,
		     const struct phys_vec *phyrs, unsigned int nr,
		     enum dma_data_direction dir, unsigned long attrs,
		     gfp_t gfp, struct dma_vec *vecs, unsigned int max)
{
	if (ib_uses_virt_dma(dev))
		return ib_virt_map_phyrs(batch, dev, phyrs, nr, dir, attrs,
					 vecs, max);
	return dma_map_phyrs(batch, dev->dma_device, phyrs, nr, dir, attrs,
			     gfp, vecs, max);
}
EXPORT_SYMBOL_GPL(ib_dma_map_phyrs);

/**
 * ib_dma_unmap_phyrs() - undo ib_dma_map_phyrs()
 * @batch: what ib_dma_map_phyrs() filled
 * @dev: the device
 *
 * Context: Any.
 */
void ib_dma_unmap_phyrs(struct dma_batch *batch, struct ib_device *dev)
{
	if (!ib_uses_virt_dma(dev))
		dma_unmap_phyrs(batch);
}
EXPORT_SYMBOL_GPL(ib_dma_unmap_phyrs);

/**
 * ib_dma_phyrs_max_vecs() - how many entries ib_dma_map_phyrs() can need
 * @dev: the device
 * @phyrs: the ranges
 * @nr: their number
 *
 * Context: Any.
 * Return: The number of entries; 0 if the device cannot do DMA.
 */
size_t ib_dma_phyrs_max_vecs(struct ib_device *dev,
			     const struct phys_vec *phyrs, unsigned int nr)
{
	size_t max = 0, at;

	if (!ib_uses_virt_dma(dev))
		return dma_phyrs_max_vecs(dev->dma_device, phyrs, nr);
	for (; nr; nr--, phyrs++)
		for (at = 0; at < phyrs->len; max++)
			at += ib_virt_piece(dev, phyrs->paddr + at,
					    phyrs->len - at);
	return max;
}
EXPORT_SYMBOL_GPL(ib_dma_phyrs_max_vecs);

static int ib_virt_sg_map_phyrs(struct ib_device *dev, struct sg_table *sgt,
				const struct phys_vec *phyrs, unsigned int nr,
				enum dma_data_direction dir,
				unsigned long attrs, gfp_t gfp)
{
	int err;

	err = ib_virt_check_phyrs(phyrs, nr, dir, attrs);
	if (err)
		return err;
	err = sg_alloc_table_from_phyrs(sgt, phyrs, nr,
					ib_dma_max_seg_size(dev), gfp);
	if (err)
		return err;
	err = ib_dma_map_sgtable_attrs(dev, sgt, dir, attrs);
	if (err)
		sg_free_table(sgt);
	return err;
}

/**
 * ib_sg_map_phyrs() - map an array of physical ranges into a scatterlist
 * @batch: the caller's struct; need not be initialised
 * @sgt: the table to be made
 * @dev: the device
 * @phyrs: the ranges
 * @nr: their number
 * @dir: direction of the transfers
 * @attrs: DMA_ATTR_* of all ranges
 * @gfp: how to allocate the table, and as ib_dma_map_phyrs()
 *
 * ib_dma_map_phyrs() for users that want the DMA addresses as a scatterlist, such
 * as those of ib_map_mr_sg(), which takes @sgt->sgl and @sgt->nents. Only the DMA
 * addresses and lengths of the table may be read: it need not have pages.
 *
 * ib_sg_unmap_phyrs() undoes it. The memory must stay until then.
 *
 * Context: That of an allocation with @gfp.
 * Return: 0; -errno, with nothing mapped and no table: those of
 * ib_dma_map_phyrs() and sg_map_phyrs(), and %-ENOMEM.
 */
int ib_sg_map_phyrs(struct dma_batch *batch, struct sg_table *sgt,
		    struct ib_device *dev, const struct phys_vec *phyrs,
		    unsigned int nr, enum dma_data_direction dir,
		    unsigned long attrs, gfp_t gfp)
{
	if (ib_uses_virt_dma(dev))
		return ib_virt_sg_map_phyrs(dev, sgt, phyrs, nr, dir, attrs,
					    gfp);
	return sg_map_phyrs(batch, sgt, dev->dma_device, phyrs, nr, dir,
			    attrs, gfp);
}
EXPORT_SYMBOL_GPL(ib_sg_map_phyrs);

/**
 * ib_sg_unmap_phyrs() - undo ib_sg_map_phyrs()
 * @batch: what ib_sg_map_phyrs() filled
 * @sgt: the table that it made
 * @dev: the device
 *
 * Context: Any.
 */
void ib_sg_unmap_phyrs(struct dma_batch *batch, struct sg_table *sgt,
		       struct ib_device *dev)
{
	if (ib_uses_virt_dma(dev))
		sg_free_table(sgt);
	else
		sg_unmap_phyrs(batch, sgt);
}
EXPORT_SYMBOL_GPL(ib_sg_unmap_phyrs);
