// SPDX-License-Identifier: GPL-2.0-only
/* The memory of the test exporter for DMA by another PCI function */
#include <linux/dma-phyr.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "dmabuf_test.h"
#include "dmabuf_test_mem.h"

static int test_map_dma(struct test_mem *mem, struct device *dev,
			struct dmabuf_test_dma *dma)
{
	const struct phys_vec all = { mem->mem.start, mem->size };
	size_t max = dma_phyrs_max_vecs_of(dev, &mem->mem, &all, 1);
	struct dma_batch batch;
	struct dma_vec *vecs;
	u64 start;
	int err;

	/* None if it is out of reach, which mapping says. */
	vecs = kvmalloc_objs(*vecs, max + 1);
	if (!vecs)
		return -ENOMEM;
	start = ktime_get_ns();
	err = dma_map_phyrs_of(&batch, dev, &mem->mem, &all, 1,
			       DMA_BIDIRECTIONAL, 0, GFP_KERNEL, vecs, max);
	dma->map_ns = ktime_get_ns() - start;
	if (!err) {
		dma->addr = vecs[0].addr;
		dma->nr = batch.nr;
		start = ktime_get_ns();
		dma_unmap_phyrs(&batch);
		dma->unmap_ns = ktime_get_ns() - start;
	}
	kvfree(vecs);
	return err;
}

/* Map all of @mem for the function that @dma names, and unmap it. */
int test_mem_map_dma(struct test_mem *mem, struct dmabuf_test_dma *dma)
{
	struct pci_dev *pdev;
	int err = -ENODEV;

	pdev = pci_get_domain_bus_and_slot(dma->domain, dma->bus, dma->devfn);
	if (!pdev)
		return -ENXIO;
	/* A driver has said what the function can address, and stays. */
	device_lock(&pdev->dev);
	scoped_guard(mutex, &mem->lock) {
		if (!pdev->dev.driver)
			err = -ENXIO;
		else if (!mem->revoked)
			err = test_map_dma(mem, &pdev->dev, dma);
	}
	device_unlock(&pdev->dev);
	pci_dev_put(pdev);
	return err;
}
