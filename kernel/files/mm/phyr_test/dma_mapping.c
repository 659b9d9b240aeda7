// SPDX-License-Identifier: GPL-2.0-only
/* /dev/phyr_test: memory that is to be mapped for a device, and its entries */
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "dma_device.h"
#include "dma_mapping.h"

struct mapping *dma_mapping_create(const struct phyr_test_dma *dma)
{
	struct mapping *mapping;
	int err;

	err = dma_request_check(dma);
	if (err)
		return ERR_PTR(err);
	mapping = kzalloc_obj(*mapping, GFP_KERNEL_ACCOUNT);
	if (!mapping)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&mapping->list);
	mapping->form = dma->form;
	mapping->dir = dma->flags & PHYR_TEST_WRITE ? DMA_BIDIRECTIONAL :
						      DMA_TO_DEVICE;
	if (dma->flags & PHYR_TEST_DMA_COHERENT)
		mapping->attrs = DMA_ATTR_REQUIRE_COHERENT;

	err = -ENODEV;
	mapping->pdev = dma_device_find(dma);
	if (!mapping->pdev)
		goto free;

	err = phyr_test_range_init(&mapping->range, dma->addr, dma->len,
				   dma->form == PHYR_TEST_DMA_SG ?
					   PHYR_TEST_PAGES : PHYR_TEST_LIST,
				   dma->flags & DMA_RANGE_FLAGS);
	if (err)
		goto put;
	if (mapping->range.nr_pages > PHYR_TEST_MAX_ENTRIES) {
		err = -EINVAL;
		goto put;
	}
	err = phyr_test_range_alloc(&mapping->range, mapping->range.nr_pages);
	if (err)
		goto put;
	err = phyr_test_range_pin(&mapping->range);
	if (err)
		goto free_range;
	err = -EFAULT;
	if (mapping->range.done != mapping->range.len)
		goto unpin;
	return mapping;

unpin:
	phyr_test_range_unpin(&mapping->range);
free_range:
	phyr_test_range_free(&mapping->range);
put:
	pci_dev_put(mapping->pdev);
free:
	kfree(mapping);
	return ERR_PTR(err);
}

void dma_mapping_destroy(struct mapping *mapping)
{
	if (mapping->form == PHYR_TEST_DMA_SG)
		sg_free_table(&mapping->sgt);
	kvfree(mapping->vecs);
	dma_pieces_free(&mapping->pieces);
	phyr_test_range_unpin_dirty_lock(&mapping->range,
					 mapping->dir == DMA_BIDIRECTIONAL);
	phyr_test_range_free(&mapping->range);
	pci_dev_put(mapping->pdev);
	kfree(mapping);
}

static int mapping_alloc_sgt(struct mapping *mapping)
{
	struct phyr_test_range *range = &mapping->range;
	unsigned int max = dma_get_max_seg_size(&mapping->pdev->dev);

	return sg_alloc_table_from_pages_segment(&mapping->sgt, range->pages,
						 range->nr,
						 offset_in_page(range->addr),
						 range->len, max, GFP_KERNEL);
}

static int mapping_alloc_vecs_of(struct mapping *mapping, size_t max)
{
	if (max > PHYR_TEST_MAX_ENTRIES)
		return -ENOSPC;
	mapping->vecs = kvmalloc_objs(*mapping->vecs, max,
				      GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!mapping->vecs)
		return -ENOMEM;
	mapping->max_vecs = max;
	return 0;
}

static int mapping_alloc_vecs(struct mapping *mapping)
{
	struct phyr_list *list = &mapping->range.list;

	return mapping_alloc_vecs_of(mapping,
				     dma_phyrs_max_vecs(&mapping->pdev->dev,
							list->phyrs, list->nr));
}

static int mapping_alloc_batch(struct mapping *mapping,
			       const struct phyr_test_dma *dma)
{
	struct dma_pieces *pieces = &mapping->pieces;
	size_t max;
	int err;

	err = dma_pieces_alloc(pieces, &mapping->range.list, dma);
	if (err)
		return err;
	/* Those that are linked can cross a boundary anywhere. */
	max = dma_phyrs_max_vecs(&mapping->pdev->dev, pieces->phyrs,
				 pieces->nr) + pieces->nr;
	return mapping_alloc_vecs_of(mapping, max);
}

int dma_mapping_alloc(struct mapping *mapping, const struct phyr_test_dma *dma)
{
	switch (mapping->form) {
	case PHYR_TEST_DMA_SG:
		return mapping_alloc_sgt(mapping);
	case PHYR_TEST_DMA_PHYRS:
		return mapping_alloc_vecs(mapping);
	case PHYR_TEST_DMA_BATCH:
		return mapping_alloc_batch(mapping, dma);
	default:
		return 0;
	}
}

bool dma_mapping_has_vecs(const struct mapping *mapping)
{
	return mapping->form == PHYR_TEST_DMA_PHYRS ||
	       mapping->form == PHYR_TEST_DMA_BATCH;
}

unsigned int dma_mapping_nr_entries(const struct mapping *mapping)
{
	return dma_mapping_has_vecs(mapping) ? mapping->batch.nr :
					       mapping->sgt.nents;
}

int dma_mapping_copy_entries(struct mapping *mapping,
			     struct phyr_test_dma_entry __user *entries)
{
	struct scatterlist *sg = mapping->sgt.sgl;
	unsigned int i;

	for (i = 0; i < dma_mapping_nr_entries(mapping); i++) {
		struct phyr_test_dma_entry entry;

		if (dma_mapping_has_vecs(mapping)) {
			entry.addr = mapping->vecs[i].addr;
			entry.len = mapping->vecs[i].len;
		} else {
			entry.addr = sg_dma_address(sg);
			entry.len = sg_dma_len(sg);
			sg = sg_next(sg);
		}
		if (copy_to_user(&entries[i], &entry, sizeof(entry)))
			return -EFAULT;
		cond_resched();
	}
	return 0;
}
