// SPDX-License-Identifier: GPL-2.0-only
/*
 * A test exporter: memory without struct pages, as DMA-bufs and for mmap()
 *
 * The memory is BAR 2 of a PCI function whose driver_override names this driver,
 * such as QEMU's ivshmem, whose memory is a file of the host; or a part of RAM
 * that memmap=SIZE$START hides, which the parameter carveout names. Its user can
 * revoke and restore it at any time. The interface is in dmabuf_test.h.
 *
 * What goes away, goes as it does with vfio-pci: first it is revoked, then users'
 * mappings are zapped, then it is unmapped in the kernel.
 */
#include <linux/dma-buf.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pci-p2pdma.h>
#include <linux/phyr.h>
#include <linux/slab.h>

#include "dmabuf_test.h"
#include "dmabuf_test_mem.h"

#define TEST_BAR	2

static bool wc;
module_param(wc, bool, 0644);
MODULE_PARM_DESC(wc, "Combine writes to the BARs of functions bound from now on");

static unsigned long long carveout[2];
module_param_array(carveout, ullong, NULL, 0444);
MODULE_PARM_DESC(carveout, "START,SIZE of RAM that the kernel does not use");

static long ioctl_export(struct test_mem *mem,
			 struct dmabuf_test_export __user *arg)
{
	struct dmabuf_test_range *ranges;
	struct dmabuf_test_export export;
	struct dma_buf *dmabuf;
	int fd;

	if (copy_from_user(&export, arg, sizeof(export)))
		return -EFAULT;
	if (!export.nr || export.nr > DMABUF_TEST_MAX_RANGES)
		return -EINVAL;
	ranges = memdup_array_user(u64_to_user_ptr(export.ranges), export.nr,
				   sizeof(*ranges));
	if (IS_ERR(ranges))
		return PTR_ERR(ranges);
	dmabuf = test_mem_export(mem, ranges, export.nr);
	kfree(ranges);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0 || put_user(fd, &arg->fd)) {
		if (fd >= 0)
			put_unused_fd(fd);
		dma_buf_put(dmabuf);
		return fd < 0 ? fd : -EFAULT;
	}
	dma_buf_fd_install(dmabuf, fd);
	return 0;
}

static long ioctl_info(struct test_mem *mem,
		       struct dmabuf_test_info __user *arg)
{
	struct dmabuf_test_info info = {
		.size = mem->size,
		.start = mem->mem.start,
		.type = mem->mem.type,
	};

	test_mem_count(mem, &info);
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static long ioctl_dma(struct test_mem *mem, struct dmabuf_test_dma __user *arg)
{
	struct dmabuf_test_dma dma;
	int err;

	if (copy_from_user(&dma, arg, sizeof(dma)))
		return -EFAULT;
	err = test_mem_map_dma(mem, &dma);
	if (err)
		return err;
	return copy_to_user(arg, &dma, sizeof(dma)) ? -EFAULT : 0;
}

static long ioctl_set_revoked(struct test_mem *mem, bool revoked)
{
	guard(mutex)(&mem->lock);

	if (!mem->mem.iomem)
		return -ENODEV;
	test_mem_set_revoked(mem, revoked);
	return 0;
}

static long test_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct test_file *file = filp->private_data;
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case DMABUF_TEST_INFO:
		return ioctl_info(file->mem, user);
	case DMABUF_TEST_EXPORT:
		return ioctl_export(file->mem, user);
	case DMABUF_TEST_REVOKE:
		return ioctl_set_revoked(file->mem, true);
	case DMABUF_TEST_RESTORE:
		return ioctl_set_revoked(file->mem, false);
	case DMABUF_TEST_DMA:
		return ioctl_dma(file->mem, user);
	default:
		return -ENOTTY;
	}
}

static vm_fault_t test_fault(struct vm_fault *vmf)
{
	struct test_mem *mem = vmf->vma->vm_private_data;

	guard(mutex)(&mem->lock);
	if (mem->revoked)
		return VM_FAULT_SIGBUS;
	return vmf_insert_pfn(vmf->vma, vmf->address,
			      PHYS_PFN(mem->mem.start) + vmf->pgoff);
}

/* All mappings name one buffer. */
static struct dma_buf *test_get_dma_buf(struct vm_area_struct *vma,
					unsigned long addr, u64 *offset)
{
	*offset = ((u64)vma->vm_pgoff << PAGE_SHIFT) + addr - vma->vm_start;
	return test_mem_whole(vma->vm_private_data);
}

static const struct vm_operations_struct test_vm_ops = {
	.fault		= test_fault,
	.get_dma_buf	= test_get_dma_buf,
};

static int test_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct test_file *file = filp->private_data;
	struct test_mem *mem = file->mem;
	unsigned long pages = mem->size >> PAGE_SHIFT;

	if (vma->vm_pgoff > pages || vma_pages(vma) > pages - vma->vm_pgoff)
		return -EINVAL;
	if (mem->mem.type == PHYR_MEM_WC)
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	else if (mem->mem.type == PHYR_MEM_UC)
		vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_private_data = mem;
	vma->vm_ops = &test_vm_ops;
	return 0;
}

static int test_open(struct inode *inode, struct file *filp)
{
	struct test_mem *mem = container_of(filp->private_data, struct test_mem,
					    misc);
	struct test_file *file;

	file = kzalloc_obj(*file);
	if (!file)
		return -ENOMEM;
	kref_get(&mem->kref);
	file->mem = mem;
	file->filp = filp;
	filp->private_data = file;
	scoped_guard(mutex, &mem->lock)
		list_add_tail(&file->list, &mem->files);
	return nonseekable_open(inode, filp);
}

static int test_close(struct inode *inode, struct file *filp)
{
	struct test_file *file = filp->private_data;
	struct test_mem *mem = file->mem;

	scoped_guard(mutex, &mem->lock)
		list_del(&file->list);
	kfree(file);
	kref_put(&mem->kref, test_mem_free);
	return 0;
}

static const struct file_operations test_fops = {
	.owner		= THIS_MODULE,
	.open		= test_open,
	.release	= test_close,
	.mmap		= test_mmap,
	.unlocked_ioctl	= test_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};

static struct test_mem *test_mem_create(const char *name,
					const struct phyr_mem *description,
					size_t size, struct device *parent)
{
	struct test_mem *mem;
	int err;

	mem = kzalloc_obj(*mem);
	if (!mem)
		return ERR_PTR(-ENOMEM);
	kref_init(&mem->kref);
	mutex_init(&mem->lock);
	INIT_LIST_HEAD(&mem->bufs);
	INIT_LIST_HEAD(&mem->files);
	mem->mem = *description;
	mem->size = size;
	mem->misc.minor = MISC_DYNAMIC_MINOR;
	mem->misc.name = name;
	mem->misc.fops = &test_fops;
	mem->misc.mode = 0600;
	mem->misc.parent = parent;
	err = misc_register(&mem->misc);
	if (err) {
		kref_put(&mem->kref, test_mem_free);
		return ERR_PTR(err);
	}
	return mem;
}

/* Afterwards nobody uses the memory. Files and buffers may stay. */
static void test_mem_destroy(struct test_mem *mem)
{
	misc_deregister(&mem->misc);
	scoped_guard(mutex, &mem->lock) {
		test_mem_set_revoked(mem, true);
		mem->mem.iomem = NULL;
	}
	kref_put(&mem->kref, test_mem_free);
}

static int test_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct phyr_mem mem = {
		.type = wc ? PHYR_MEM_WC : PHYR_MEM_UC,
		.start = pci_resource_start(pdev, TEST_BAR),
	};
	size_t size = pci_resource_len(pdev, TEST_BAR);
	struct test_mem *test;
	int err;

	if (!(pci_resource_flags(pdev, TEST_BAR) & IORESOURCE_MEM) ||
	    !PAGE_ALIGNED(size))
		return -ENODEV;
	err = pcim_enable_device(pdev);
	if (err)
		return err;
	err = pcim_request_region(pdev, TEST_BAR, "dmabuf_test");
	if (err)
		return err;
	err = pcim_p2pdma_init(pdev);
	if (err && err != -EOPNOTSUPP)
		return err;
	if (!err)
		mem.provider = pcim_p2pdma_provider(pdev, TEST_BAR);
	mem.iomem = mem.type == PHYR_MEM_WC ?
		    devm_ioremap_wc(&pdev->dev, mem.start, size) :
		    devm_ioremap(&pdev->dev, mem.start, size);
	if (!mem.iomem)
		return -ENOMEM;

	test = test_mem_create("dmabuf_test_bar", &mem, size, &pdev->dev);
	if (IS_ERR(test))
		return PTR_ERR(test);
	pci_set_drvdata(pdev, test);
	return 0;
}

static void test_remove(struct pci_dev *pdev)
{
	test_mem_destroy(pci_get_drvdata(pdev));
}

/* Without a table of ids: only what its driver_override names is bound. */
static struct pci_driver test_driver = {
	.name	= "dmabuf_test",
	.probe	= test_probe,
	.remove	= test_remove,
};

static struct test_mem *test_carveout;

static int __init test_carveout_create(void)
{
	struct phyr_mem mem = { .type = PHYR_MEM_WB, .start = carveout[0] };
	void *map;

	if (!PAGE_ALIGNED(carveout[0]) || !PAGE_ALIGNED(carveout[1]) ||
	    pfn_valid(PHYS_PFN(carveout[0])))
		return -EINVAL;
	map = memremap(carveout[0], carveout[1], MEMREMAP_WB);
	if (!map)
		return -ENOMEM;
	mem.iomem = (void __iomem __force *)map;
	test_carveout = test_mem_create("dmabuf_test_carveout", &mem,
					carveout[1], NULL);
	if (IS_ERR(test_carveout)) {
		memunmap(map);
		return PTR_ERR(test_carveout);
	}
	return 0;
}

static void test_carveout_destroy(void)
{
	void *map;

	if (!test_carveout)
		return;
	map = (void __force *)test_carveout->mem.iomem;
	test_mem_destroy(test_carveout);
	memunmap(map);
}

static int __init dmabuf_test_init(void)
{
	int err;

	if (carveout[1]) {
		err = test_carveout_create();
		if (err)
			return err;
	}
	err = pci_register_driver(&test_driver);
	if (err)
		test_carveout_destroy();
	return err;
}
module_init(dmabuf_test_init);

static void __exit dmabuf_test_exit(void)
{
	pci_unregister_driver(&test_driver);
	test_carveout_destroy();
}
module_exit(dmabuf_test_exit);

MODULE_DESCRIPTION("Test exporter of memory without struct pages");
MODULE_IMPORT_NS("DMA_BUF");
MODULE_LICENSE("GPL");
