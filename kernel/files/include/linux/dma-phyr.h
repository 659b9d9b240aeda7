/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical ranges (phyrs) to DMA addresses
 *
 * See Documentation/core-api/dma-phyr.rst.
 */
#ifndef _LINUX_DMA_PHYR_H
#define _LINUX_DMA_PHYR_H

#include <linux/dma-mapping.h>
#include <linux/dmaengine.h>	/* struct dma_vec */
#include <linux/mm.h>
#include <linux/types.h>

struct scatterlist;
struct sg_table;

/**
 * struct dma_batch - physical ranges mapped, or being mapped, for one device
 * @vecs: the caller's array of DMA addresses and lengths
 * @nr: number of entries in use
 *
 * The other members are private. The caller owns the struct and keeps it, and
 * @vecs, until dma_unmap_phyrs(). It has no lock.
 */
struct dma_batch {
	struct dma_vec		*vecs;
	unsigned int		nr;

	/* private: what was asked for, and what an entry may be */
	struct device		*dev;
	unsigned long		attrs;
	enum dma_data_direction	dir;
	gfp_t			gfp;
	unsigned int		max;
	size_t			vec_max;	/* bytes of an entry */
	size_t			map_max;	/* of a mapping; 0: not known */
	unsigned long		boundary;	/* that no entry crosses */
	u64			direct_end;	/* of what is only translated */

	/* private: entries that are a scatterlist, in place of @vecs */
	struct scatterlist	*sgl;
	struct scatterlist	*last;

	/*
	 * private: the IOVA range, and how much of it is linked. The first
	 * @nr_linked entries lie in it; the others are mapped one by one.
	 */
	struct dma_iova_state	iova;
	unsigned long		granule_mask;
	size_t			linked;
	size_t			room;		/* that the last entry has left */
	unsigned int		nr_linked;
	bool			links;		/* goes on linking */
	bool			unflushed;	/* caches are being cleaned */
};

/**
 * dma_up_to_page() - how long an entry may be, so that the next begins a page
 * @addr: where the entry begins
 * @most: bytes that it may have at most
 *
 * Devices with lists of pages need that.
 *
 * Return: bytes from @addr to the last page border within @most; @most, if that
 * is less than a page.
 */
static inline size_t dma_up_to_page(u64 addr, size_t most)
{
	if (most < PAGE_SIZE)
		return most;
	return PAGE_ALIGN_DOWN(most) - offset_in_page(addr);
}

int dma_batch_start(struct dma_batch *batch, struct device *dev,
		    phys_addr_t first, size_t size,
		    enum dma_data_direction dir, unsigned long attrs,
		    gfp_t gfp, struct dma_vec *vecs, unsigned int max);
int dma_batch_add(struct dma_batch *batch, const struct phys_vec *phyrs,
		  unsigned int nr);
int dma_batch_finish(struct dma_batch *batch);

int dma_map_phyrs(struct dma_batch *batch, struct device *dev,
		  const struct phys_vec *phyrs, unsigned int nr,
		  enum dma_data_direction dir, unsigned long attrs,
		  gfp_t gfp, struct dma_vec *vecs, unsigned int max);
void dma_unmap_phyrs(struct dma_batch *batch);
size_t dma_phyrs_max_vecs(struct device *dev, const struct phys_vec *phyrs,
			  unsigned int nr);

int sg_map_phyrs(struct dma_batch *batch, struct sg_table *sgt,
		 struct device *dev, const struct phys_vec *phyrs,
		 unsigned int nr, enum dma_data_direction dir,
		 unsigned long attrs, gfp_t gfp);
void sg_unmap_phyrs(struct dma_batch *batch, struct sg_table *sgt);

#endif /* _LINUX_DMA_PHYR_H */
