// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/phyr_test: ranges added to a batch of DMA mappings step by step
 */
#include <linux/dma-phyr.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "dma_batch.h"
#include "internal.h"

static unsigned int count_pieces(const struct phyr_list *list, size_t most)
{
	size_t nr = 0;
	unsigned int i;

	for (i = 0; i < list->nr; i++)
		nr += (list->phyrs[i].len - 1) / most + 1;
	return min_t(size_t, nr, PHYR_TEST_MAX_ENTRIES + 1);
}

/* The phyrs of the list, cut to pieces of @dma->piece bytes if that is not 0. */
int dma_pieces_alloc(struct dma_pieces *pieces, const struct phyr_list *list,
		     const struct phyr_test_dma *dma)
{
	size_t most = dma->piece ?: SIZE_MAX;
	struct phys_vec *to;
	unsigned int i;

	pieces->nr = count_pieces(list, most);
	if (pieces->nr > PHYR_TEST_MAX_ENTRIES)
		return -ENOSPC;
	pieces->per_call = dma->per_call ?: pieces->nr;
	pieces->announced = dma->announced;
	pieces->phyrs = kvmalloc_objs(*pieces->phyrs, pieces->nr,
				      GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!pieces->phyrs)
		return -ENOMEM;

	to = pieces->phyrs;
	for (i = 0; i < list->nr; i++) {
		const struct phys_vec *from = &list->phyrs[i];
		size_t at;

		for (at = 0; at < from->len; at += to++->len) {
			to->paddr = from->paddr + at;
			to->len = min(from->len - at, most);
		}
	}
	return 0;
}

void dma_pieces_free(struct dma_pieces *pieces)
{
	kvfree(pieces->phyrs);
}

int dma_pieces_map(const struct dma_pieces *pieces, struct dma_batch *batch,
		   struct device *dev, enum dma_data_direction dir,
		   unsigned long attrs, struct dma_vec *vecs, unsigned int max)
{
	unsigned int at = 0, nr;
	int err;

	err = dma_batch_start(batch, dev, pieces->phyrs->paddr,
			      pieces->announced, dir, attrs, GFP_KERNEL, vecs,
			      max);
	if (err)
		return err;
	for (; at < pieces->nr; at += nr) {
		nr = min(pieces->per_call, pieces->nr - at);
		err = dma_batch_add(batch, pieces->phyrs + at, nr);
		if (err < 0)
			return err;
		if (err < nr) {
			dma_unmap_phyrs(batch);
			return -ENOSPC;
		}
	}
	return dma_batch_finish(batch);
}
