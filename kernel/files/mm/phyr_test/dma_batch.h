/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MM_PHYR_TEST_DMA_BATCH_H
#define _MM_PHYR_TEST_DMA_BATCH_H

#include <linux/phyr.h>

#include "phyr_test_dma.h"

/* Ranges that are added to a batch in several calls. */
struct dma_pieces {
	struct phys_vec		*phyrs;
	unsigned int		nr;
	unsigned int		per_call;
	size_t			announced;
};

int dma_pieces_alloc(struct dma_pieces *pieces, const struct phyr_list *list,
		     const struct phyr_test_dma *dma);
void dma_pieces_free(struct dma_pieces *pieces);
int dma_pieces_map(const struct dma_pieces *pieces, struct dma_batch *batch,
		   struct device *dev, enum dma_data_direction dir,
		   unsigned long attrs, struct dma_vec *vecs, unsigned int max);

#endif /* _MM_PHYR_TEST_DMA_BATCH_H */
