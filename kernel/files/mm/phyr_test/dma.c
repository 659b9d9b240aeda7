// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/phyr_test: the caller's memory mapped for a PCI device
 *
 * A device is bound to the driver below; what is mapped for it is unmapped when
 * it goes. One mutex serialises everything, as devices are given the limits of
 * each call.
 */
#include <linux/dma-phyr.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>
#include <linux/uaccess.h>

#include "dma_device.h"
#include "dma_mapping.h"
#include "internal.h"
#include "marks.h"
#include "phyr_test_dma.h"

/* protects held, mapped of what is on it, and the limits of devices */
static DEFINE_MUTEX(dma_lock);
static LIST_HEAD(held);

static int mapping_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int err;

	err = pcim_enable_device(pdev);
	if (err)
		return err;
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (err)
		return err;
	pci_set_master(pdev);
	return 0;
}

static void mapping_remove(struct pci_dev *pdev);

/* Without a table of ids: only what its driver_override names is bound. */
static struct pci_driver mapping_driver = {
	.name	= "phyr_test",
	.probe	= mapping_probe,
	.remove	= mapping_remove,
};

/* With the device bound and locked: what mapping needs of it. */
static int mapping_prepare(struct mapping *mapping,
			   const struct phyr_test_dma *dma)
{
	int err;

	if (mapping->pdev->dev.driver != &mapping_driver.driver)
		return -ENODEV;
	err = dma_device_set_limits(&mapping->pdev->dev, dma);
	if (err)
		return err;
	return dma_mapping_alloc(mapping, dma);
}

static noinline int mapping_map_other(struct mapping *mapping)
{
	const struct phyr_list *list = &mapping->range.list;
	struct device *dev = &mapping->pdev->dev;

	if (mapping->form == PHYR_TEST_DMA_BATCH)
		return dma_pieces_map(&mapping->pieces, &mapping->batch, dev,
				      mapping->dir, mapping->attrs,
				      mapping->vecs, mapping->max_vecs);
	return sg_map_phyrs(&mapping->batch, &mapping->sgt, dev, list->phyrs,
			    list->nr, mapping->dir, mapping->attrs,
			    GFP_KERNEL_ACCOUNT);
}

/* The forms that are compared take nothing but these questions on top. */
static int mapping_map(struct mapping *mapping)
{
	const struct phyr_list *list = &mapping->range.list;
	struct device *dev = &mapping->pdev->dev;

	switch (mapping->form) {
	case PHYR_TEST_DMA_SG:
		return dma_map_sgtable(dev, &mapping->sgt, mapping->dir,
				       mapping->attrs);
	case PHYR_TEST_DMA_PHYRS:
		return dma_map_phyrs(&mapping->batch, dev, list->phyrs,
				     list->nr, mapping->dir, mapping->attrs,
				     GFP_KERNEL, mapping->vecs,
				     mapping->max_vecs);
	default:
		return mapping_map_other(mapping);
	}
}

static noinline void mapping_unmap_other(struct mapping *mapping)
{
	if (mapping->form == PHYR_TEST_DMA_BATCH) {
		dma_unmap_phyrs(&mapping->batch);
	} else if (mapping->form == PHYR_TEST_DMA_SG_PHYRS) {
		sg_unmap_phyrs(&mapping->batch, &mapping->sgt);
	} else {
		dma_unmap_sgtable(&mapping->pdev->dev, &mapping->sgt,
				  mapping->dir, mapping->attrs);
		sg_free_table(&mapping->sgt);
	}
}

static void mapping_unmap(struct mapping *mapping)
{
	switch (mapping->form) {
	case PHYR_TEST_DMA_SG:
		dma_unmap_sgtable(&mapping->pdev->dev, &mapping->sgt,
				  mapping->dir, mapping->attrs);
		break;
	case PHYR_TEST_DMA_PHYRS:
		dma_unmap_phyrs(&mapping->batch);
		break;
	default:
		mapping_unmap_other(mapping);
	}
}

static void mapping_remove(struct pci_dev *pdev)
{
	struct mapping *mapping, *next;

	guard(mutex)(&dma_lock);
	/* First the device stops, then its memory goes. */
	pci_clear_master(pdev);
	list_for_each_entry_safe(mapping, next, &held, list) {
		if (mapping->pdev != pdev)
			continue;
		mapping_unmap(mapping);
		mapping->mapped = false;
		list_del_init(&mapping->list);
	}
	dma_device_reset_limits(&pdev->dev);
}

struct dma_bench {
	struct mapping	*mapping;
	unsigned int	nr_entries;
};

static int dma_round(void *arg, u64 *map_ns, u64 *unmap_ns)
{
	struct dma_bench *bench = arg;
	u64 start, mapped, end;
	int err;

	start = phyr_test_begin(0);
	err = mapping_map(bench->mapping);
	mapped = phyr_test_end(0);
	if (err)
		return err;
	*map_ns = mapped - start;

	bench->nr_entries = dma_mapping_nr_entries(bench->mapping);
	start = phyr_test_begin(1);
	mapping_unmap(bench->mapping);
	end = phyr_test_end(1);
	*unmap_ns = end - start;
	return 0;
}

static int phyr_test_dma_bench(struct phyr_test_dma_bench __user *arg)
{
	struct phyr_test_dma_bench args;
	struct dma_bench bench;
	int err;

	if (copy_from_user(&args, arg, sizeof(args)))
		return -EFAULT;
	if (args.reserved || !args.samples ||
	    args.samples > PHYR_TEST_MAX_SAMPLES)
		return -EINVAL;
	bench.mapping = dma_mapping_create(&args.dma);
	if (IS_ERR(bench.mapping))
		return PTR_ERR(bench.mapping);

	device_lock(&bench.mapping->pdev->dev);
	mutex_lock(&dma_lock);
	err = mapping_prepare(bench.mapping, &args.dma);
	if (!err)
		err = phyr_test_measure(dma_round, &bench, args.warmup,
					args.samples, args.map_ns,
					args.unmap_ns);
	mutex_unlock(&dma_lock);
	device_unlock(&bench.mapping->pdev->dev);

	dma_mapping_destroy(bench.mapping);
	if (!err && put_user(bench.nr_entries, &arg->nr_entries))
		err = -EFAULT;
	return err;
}

static int mapping_map_for(struct mapping *mapping,
			   const struct phyr_test_dma_map *args)
{
	int err;

	err = mapping_prepare(mapping, &args->dma);
	if (err)
		return err;
	err = mapping_map(mapping);
	if (err)
		return err;
	err = -ENOSPC;
	if (dma_mapping_nr_entries(mapping) <= args->max_entries)
		err = dma_mapping_copy_entries(mapping,
					       u64_to_user_ptr(args->entries));
	if (err) {
		mapping_unmap(mapping);
		return err;
	}
	mapping->mapped = true;
	list_add(&mapping->list, &held);
	return 0;
}

static void dma_release(void *state)
{
	struct mapping *mapping = state;

	mutex_lock(&dma_lock);
	if (mapping->mapped)
		mapping_unmap(mapping);
	list_del(&mapping->list);
	mutex_unlock(&dma_lock);
	dma_mapping_destroy(mapping);
}

static int phyr_test_dma_map(void **state, struct phyr_test_dma_map __user *arg)
{
	struct phyr_test_dma_map args;
	struct mapping *mapping;
	int err;

	if (*state)
		return -EBUSY;
	if (copy_from_user(&args, arg, sizeof(args)))
		return -EFAULT;
	if (!args.max_entries || args.max_entries > PHYR_TEST_MAX_ENTRIES)
		return -EINVAL;
	mapping = dma_mapping_create(&args.dma);
	if (IS_ERR(mapping))
		return PTR_ERR(mapping);

	device_lock(&mapping->pdev->dev);
	mutex_lock(&dma_lock);
	err = mapping_map_for(mapping, &args);
	mutex_unlock(&dma_lock);
	device_unlock(&mapping->pdev->dev);
	if (err) {
		dma_mapping_destroy(mapping);
		return err;
	}

	if (put_user(dma_mapping_nr_entries(mapping), &arg->nr_entries)) {
		dma_release(mapping);
		return -EFAULT;
	}
	*state = mapping;
	return 0;
}

static int phyr_test_dma_unmap(void **state)
{
	if (!*state)
		return -EINVAL;
	dma_release(*state);
	*state = NULL;
	return 0;
}

static int phyr_test_dma_sync(struct mapping *mapping)
{
	if (!mapping || dma_mapping_has_vecs(mapping))
		return -EINVAL;
	guard(mutex)(&dma_lock);
	if (!mapping->mapped)
		return -ENODEV;
	dma_sync_sgtable_for_cpu(&mapping->pdev->dev, &mapping->sgt,
				 mapping->dir);
	return 0;
}

static long dma_ioctl(void **state, unsigned int cmd, void __user *arg)
{
	switch (cmd) {
	case PHYR_TEST_DMA_BENCH:
		return phyr_test_dma_bench(arg);
	case PHYR_TEST_DMA_MAP:
		return phyr_test_dma_map(state, arg);
	case PHYR_TEST_DMA_UNMAP:
		return phyr_test_dma_unmap(state);
	case PHYR_TEST_DMA_SYNC:
		return phyr_test_dma_sync(*state);
	default:
		return -ENOTTY;
	}
}

static struct phyr_test_family dma_family = {
	.owner		= THIS_MODULE,
	.nr		= 1,
	.ioctl		= dma_ioctl,
	.release	= dma_release,
};

static int __init phyr_test_dma_init(void)
{
	int err;

	err = pci_register_driver(&mapping_driver);
	if (err)
		return err;
	err = phyr_test_register(&dma_family);
	if (err)
		pci_unregister_driver(&mapping_driver);
	return err;
}
module_init(phyr_test_dma_init);

static void __exit phyr_test_dma_exit(void)
{
	phyr_test_unregister(&dma_family);
	pci_unregister_driver(&mapping_driver);
}
module_exit(phyr_test_dma_exit);

MODULE_DESCRIPTION("Test device for physical ranges: DMA");
MODULE_IMPORT_NS("PHYR_TEST");
MODULE_LICENSE("GPL");
