/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of kernel/dma/phyr*.c share. Each of them uses those below it:
 *
 *   phyr_sg.c		batches whose entries are a scatterlist
 *   phyr.c		batches
 *   phyr_link.c	ranges that are linked in one range of IOVA
 *   phyr_split.c	ranges that are not one mapping
 *   phyr_unmap.c	unmapping
 *   phyr_entry.h	adding an entry
 *   phyr_limits.h	what a device allows
 */
#ifndef _KERNEL_DMA_PHYR_H
#define _KERNEL_DMA_PHYR_H

#include <linux/dma-phyr.h>
#include <linux/types.h>

/* phyr.c */
int dma_batch_prepare(struct dma_batch *batch, struct device *dev,
		      const struct phys_vec *phyrs, unsigned int nr,
		      enum dma_data_direction dir, unsigned long attrs,
		      gfp_t gfp);
int dma_batch_add_all(struct dma_batch *batch, const struct phys_vec *phyrs,
		      unsigned int nr);

/* phyr_link.c */
size_t dma_batch_linkable(const struct dma_batch *batch,
			  const struct phys_vec *phyrs, unsigned int nr);
size_t dma_batch_max_linked(struct dma_batch *batch,
			    const struct phys_vec *phyrs, unsigned int nr);
void dma_batch_alloc_iova(struct dma_batch *batch, phys_addr_t first,
			  size_t size);
int dma_batch_link(struct dma_batch *batch, const struct phys_vec *phyrs,
		   unsigned int nr);
int dma_batch_link_all(struct dma_batch *batch, const struct phys_vec *phyrs,
		       unsigned int nr);

/* phyr_split.c */
int dma_batch_map_split(struct dma_batch *batch, const struct phys_vec *phyr);
int dma_batch_refused(const struct dma_batch *batch, phys_addr_t phys,
		      size_t len);

/* phyr_unmap.c */
void dma_batch_unmap_entries(struct dma_batch *batch, unsigned int first,
			     struct scatterlist *sg, unsigned long attrs);
void dma_batch_abort(struct dma_batch *batch);

#endif /* _KERNEL_DMA_PHYR_H */
