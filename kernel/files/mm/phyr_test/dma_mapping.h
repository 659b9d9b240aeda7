/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MM_PHYR_TEST_DMA_MAPPING_H
#define _MM_PHYR_TEST_DMA_MAPPING_H

#include <linux/dma-phyr.h>
#include <linux/list.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>

#include "dma_batch.h"
#include "internal.h"
#include "phyr_test_dma.h"

/* Pinned memory of the caller, and what mapping it for a device fills. */
struct mapping {
	struct list_head	list;	/* held */
	struct pci_dev		*pdev;
	struct phyr_test_range	range;
	enum phyr_test_dma_form	form;
	enum dma_data_direction	dir;
	unsigned long		attrs;
	struct sg_table		sgt;
	struct dma_batch	batch;
	struct dma_pieces	pieces;
	struct dma_vec		*vecs;
	unsigned int		max_vecs;
	bool			mapped;
};

/* Everything but to map. Undone by dma_mapping_destroy(). */
struct mapping *dma_mapping_create(const struct phyr_test_dma *dma);
void dma_mapping_destroy(struct mapping *mapping);

/* With the device bound, and its limits set: room for the DMA addresses. */
int dma_mapping_alloc(struct mapping *mapping, const struct phyr_test_dma *dma);

/* Of what is mapped */
bool dma_mapping_has_vecs(const struct mapping *mapping);
unsigned int dma_mapping_nr_entries(const struct mapping *mapping);
int dma_mapping_copy_entries(struct mapping *mapping,
			     struct phyr_test_dma_entry __user *entries);

#endif /* _MM_PHYR_TEST_DMA_MAPPING_H */
