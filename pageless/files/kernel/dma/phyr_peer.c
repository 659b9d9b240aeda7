// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical ranges (phyrs) to DMA addresses: memory that belongs to a device
 *
 * What is reached through a PCI switch has bus addresses, which are no mapping:
 * such a batch counts its entries as linked, of a range of IOVA that it does not
 * have, so that nothing is unmapped. Memory behind a host bridge, and memory
 * without struct pages that no PCI function provides, is mapped as MMIO.
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-phyr.h>
#include <linux/export.h>
#include <linux/overflow.h>
#include <linux/pci-p2pdma.h>
#include <linux/phyr.h>
#include <linux/scatterlist.h>

#include "phyr.h"
#include "phyr_entry.h"
#include "phyr_limits.h"

VISIBLE_IF_KUNIT enum pci_p2pdma_map_type
dma_peer_map_type(struct device *dev, struct p2pdma_provider *provider)
{
	KUNIT_STATIC_STUB_REDIRECT(dma_peer_map_type, dev, provider);
	return pci_p2pdma_map_type(provider, dev);
}
EXPORT_SYMBOL_IF_KUNIT(dma_peer_map_type);

/*
 * Returns how the device reaches the memory, %PCI_P2PDMA_MAP_NONE if there is no
 * function between, and which attributes it is mapped with; or -errno.
 */
static int dma_mem_map_type(struct device *dev, const struct phyr_mem *mem,
			    unsigned long *attrs)
{
	enum pci_p2pdma_map_type type = PCI_P2PDMA_MAP_NONE;

	if (mem->provider) {
		if (*attrs & DMA_ATTR_CC_SHARED)
			return -EOPNOTSUPP;
		type = dma_peer_map_type(dev, mem->provider);
	} else if (mem->type == PHYR_MEM_PAGES) {
		return type;
	} else if (mem->type == PHYR_MEM_WB && !dev_is_dma_coherent(dev)) {
		/* Nobody cleans caches of MMIO. */
		return -EOPNOTSUPP;
	}

	switch (type) {
	case PCI_P2PDMA_MAP_NONE:
	case PCI_P2PDMA_MAP_THRU_HOST_BRIDGE:
		*attrs |= DMA_ATTR_MMIO;
		return type;
	case PCI_P2PDMA_MAP_BUS_ADDR:
		return type;
	default:
		return -EREMOTEIO;
	}
}

/* How long an entry may be that begins at @addr. */
static size_t dma_bus_piece(const struct dma_batch *batch, dma_addr_t addr,
			    size_t len)
{
	if (len > batch->vec_max)
		len = dma_up_to_page(addr, batch->vec_max);
	return dma_batch_within(batch, addr, len);
}

static int dma_batch_add_bus(struct dma_batch *batch, dma_addr_t addr,
			     size_t len)
{
	dma_addr_t last;

	if (!len)
		return -EINVAL;
	if (check_add_overflow(addr, len - 1, &last) ||
	    last > *batch->dev->dma_mask)
		return -EIO;

	while (len) {
		size_t part = dma_bus_piece(batch, addr, len);

		if (batch->nr == batch->max)
			return -ENOSPC;
		dma_batch_new_entry(batch, addr, part);
		if (batch->sgl)
			sg_dma_mark_bus_address(batch->last);
		addr += part;
		len -= part;
	}
	return 0;
}

/* Into the array that the batch has. There is nothing to undo on errors. */
static int dma_batch_add_all_bus(struct dma_batch *batch,
				 struct p2pdma_provider *provider,
				 const struct phys_vec *phyrs, unsigned int nr)
{
	unsigned int i;
	int err;

	for (i = 0; i < nr; i++) {
		err = dma_batch_add_bus(batch,
					pci_p2pdma_bus_addr_map(provider,
								phyrs[i].paddr),
					phyrs[i].len);
		if (err) {
			batch->nr = 0;
			return err;
		}
	}
	batch->nr_linked = batch->nr;
	return 0;
}

static size_t dma_batch_nr_bus(const struct dma_batch *batch,
			       struct p2pdma_provider *provider,
			       const struct phys_vec *phyrs, unsigned int nr)
{
	size_t max = 0;

	for (; nr; nr--, phyrs++) {
		dma_addr_t addr = pci_p2pdma_bus_addr_map(provider,
							  phyrs->paddr);
		size_t part, len;

		for (len = phyrs->len; len; len -= part, addr += part) {
			part = dma_bus_piece(batch, addr, len);
			max++;
		}
	}
	return max;
}

/**
 * dma_phyrs_max_vecs_of() - how many entries dma_map_phyrs_of() can need
 * @dev: the device
 * @mem: what memory the ranges are of, as dma_map_phyrs_of()
 * @phyrs: the ranges
 * @nr: their number
 *
 * dma_phyrs_max_vecs() is for memory with struct pages only.
 *
 * Context: Any.
 * Return: The number of entries; 0 if the device does not reach the memory.
 */
size_t dma_phyrs_max_vecs_of(struct device *dev, const struct phyr_mem *mem,
			     const struct phys_vec *phyrs, unsigned int nr)
{
	unsigned long attrs = 0;
	struct dma_batch batch;
	int type;

	if (!mem)
		return dma_phyrs_max_vecs(dev, phyrs, nr);
	type = dma_mem_map_type(dev, mem, &attrs);
	if (type < 0)
		return 0;
	if (type != PCI_P2PDMA_MAP_BUS_ADDR)
		return dma_phyrs_max_vecs_attrs(dev, phyrs, nr, attrs);
	if (dma_batch_start(&batch, dev, 0, 0, DMA_BIDIRECTIONAL, attrs,
			    GFP_NOWAIT, NULL, 0))
		return 0;
	return dma_batch_nr_bus(&batch, mem->provider, phyrs, nr);
}
EXPORT_SYMBOL_GPL(dma_phyrs_max_vecs_of);

/**
 * dma_map_phyrs_of() - map physical ranges of one kind of memory for a device
 * @batch: the caller's struct; need not be initialised
 * @dev: the device
 * @mem: what memory the ranges are of, such as &phyr_list.mem; NULL if GUP pinned
 *	it. Not kept.
 * @phyrs: the ranges
 * @nr: their number
 * @dir: direction of the transfers
 * @attrs: DMA_ATTR_* of all ranges
 * @gfp: as dma_map_phyrs()
 * @vecs: the caller's array, kept until dma_unmap_phyrs()
 * @max: number of entries of @vecs; dma_phyrs_max_vecs_of() are always enough
 *
 * dma_map_phyrs() for memory that need not have struct pages. If a PCI function
 * provides it, @dev is given bus addresses where it reaches that function through
 * a switch: these cost the same for any size, and use neither an IOMMU nor IOVA.
 * Where it reaches it through the host bridge, the memory is mapped as MMIO.
 *
 * The owner of the memory says how long @dev may use it: unmap before it goes.
 * Nothing is to be synchronised.
 *
 * Context: That of dma_map_phyrs().
 * Return: 0; -errno, with nothing mapped: %-EREMOTEIO if @dev does not reach the
 * function; %-EOPNOTSUPP if memory without struct pages is cached, and @dev is not
 * coherent, or if @attrs has DMA_ATTR_CC_SHARED and a function provides the
 * memory; %-EIO if @dev cannot address it; those of dma_map_phyrs().
 */
int dma_map_phyrs_of(struct dma_batch *batch, struct device *dev,
		     const struct phyr_mem *mem, const struct phys_vec *phyrs,
		     unsigned int nr, enum dma_data_direction dir,
		     unsigned long attrs, gfp_t gfp, struct dma_vec *vecs,
		     unsigned int max)
{
	int type = mem ? dma_mem_map_type(dev, mem, &attrs) :
			 PCI_P2PDMA_MAP_NONE;
	int err;

	if (type < 0)
		return type;
	if (type != PCI_P2PDMA_MAP_BUS_ADDR)
		return dma_map_phyrs(batch, dev, phyrs, nr, dir, attrs, gfp,
				     vecs, max);
	if (!nr)
		return -EINVAL;
	err = dma_batch_start(batch, dev, 0, 0, dir, attrs, gfp, vecs, max);
	if (err)
		return err;
	return dma_batch_add_all_bus(batch, mem->provider, phyrs, nr);
}
EXPORT_SYMBOL_GPL(dma_map_phyrs_of);

static int sg_map_bus(struct dma_batch *batch, struct sg_table *sgt,
		      struct p2pdma_provider *provider,
		      const struct phys_vec *phyrs, unsigned int nr, gfp_t gfp)
{
	size_t max = dma_batch_nr_bus(batch, provider, phyrs, nr);
	struct scatterlist *sg;
	unsigned int i;
	int err;

	if (!max)
		return -EINVAL;
	err = max > UINT_MAX ? -ENOMEM : sg_alloc_table(sgt, max, gfp);
	if (err)
		return err;
	batch->sgl = sgt->sgl;
	batch->last = NULL;
	batch->max = max;
	err = dma_batch_add_all_bus(batch, provider, phyrs, nr);
	if (err) {
		sg_free_table(sgt);
		return err;
	}
	for_each_sgtable_sg(sgt, sg, i)
		sg->length = sg_dma_len(sg);
	return 0;
}

/**
 * sg_map_phyrs_of() - map ranges of one kind of memory into a scatterlist
 * @batch: the caller's struct; need not be initialised
 * @sgt: the table to be made
 * @dev: the device
 * @mem: what memory the ranges are of, as dma_map_phyrs_of()
 * @phyrs: the ranges
 * @nr: their number
 * @dir: direction of the transfers
 * @attrs: DMA_ATTR_* of all ranges
 * @gfp: how to allocate the table, and as dma_map_phyrs()
 *
 * As sg_map_phyrs(), and so is how it is undone. Entries with bus addresses are
 * marked as such.
 *
 * Context: That of an allocation with @gfp.
 * Return: 0; -errno, with nothing mapped and no table: those of
 * dma_map_phyrs_of() and sg_map_phyrs().
 */
int sg_map_phyrs_of(struct dma_batch *batch, struct sg_table *sgt,
		    struct device *dev, const struct phyr_mem *mem,
		    const struct phys_vec *phyrs, unsigned int nr,
		    enum dma_data_direction dir, unsigned long attrs, gfp_t gfp)
{
	int type = mem ? dma_mem_map_type(dev, mem, &attrs) :
			 PCI_P2PDMA_MAP_NONE;
	int err;

	if (type < 0)
		return type;
	if (type != PCI_P2PDMA_MAP_BUS_ADDR)
		return sg_map_phyrs(batch, sgt, dev, phyrs, nr, dir, attrs,
				    gfp);
	err = dma_batch_start(batch, dev, 0, 0, dir, attrs, gfp, NULL, 0);
	return err ?: sg_map_bus(batch, sgt, mem->provider, phyrs, nr, gfp);
}
EXPORT_SYMBOL_GPL(sg_map_phyrs_of);
