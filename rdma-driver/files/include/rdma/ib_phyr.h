/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical ranges (phyrs) to DMA addresses of RDMA devices
 */
#ifndef _RDMA_IB_PHYR_H
#define _RDMA_IB_PHYR_H

#include <linux/dma-phyr.h>

struct ib_device;

int ib_dma_map_phyrs(struct dma_batch *batch, struct ib_device *dev,
		     const struct phys_vec *phyrs, unsigned int nr,
		     enum dma_data_direction dir, unsigned long attrs,
		     gfp_t gfp, struct dma_vec *vecs, unsigned int max);
void ib_dma_unmap_phyrs(struct dma_batch *batch, struct ib_device *dev);
size_t ib_dma_phyrs_max_vecs(struct ib_device *dev,
			     const struct phys_vec *phyrs, unsigned int nr);

int ib_sg_map_phyrs(struct dma_batch *batch, struct sg_table *sgt,
		    struct ib_device *dev, const struct phys_vec *phyrs,
		    unsigned int nr, enum dma_data_direction dir,
		    unsigned long attrs, gfp_t gfp);
void ib_sg_unmap_phyrs(struct dma_batch *batch, struct sg_table *sgt,
		       struct ib_device *dev);

#endif /* _RDMA_IB_PHYR_H */
