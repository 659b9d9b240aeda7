// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of buffers that tell importers where their memory is, and of those that
 * are found by an address
 *
 * The exporter counts the mappings of memory that it does not have, and the
 * importer gives its own back when it is told to.
 */
#include <kunit/device.h>
#include <kunit/test.h>
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/phyr.h>
#include <linux/sizes.h>

MODULE_IMPORT_NS("DMA_BUF");

struct fake {
	struct device			*dev;
	struct phyr_mem			mem;
	struct phys_vec			phyrs[2];
	struct phyr_list		list;
	unsigned int			maps, unmaps;
	bool				revoked;

	/* of the importer */
	struct dma_buf_attachment	*attach;
	unsigned int			told;
	bool				mapped;
};

static struct sg_table *fake_map_dma_buf(struct dma_buf_attachment *attach,
					 enum dma_data_direction dir)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static void fake_unmap_dma_buf(struct dma_buf_attachment *attach,
			       struct sg_table *sgt,
			       enum dma_data_direction dir)
{
}

static const struct phyr_list *fake_map_phyrs(struct dma_buf_attachment *attach)
{
	struct fake *fake = attach->dmabuf->priv;

	if (fake->revoked)
		return ERR_PTR(-ENODEV);
	fake->maps++;
	return &fake->list;
}

static void fake_unmap_phyrs(struct dma_buf_attachment *attach)
{
	struct fake *fake = attach->dmabuf->priv;

	fake->unmaps++;
}

static void fake_release(struct dma_buf *dmabuf)
{
}

static const struct vm_operations_struct fake_vm_ops = {
	.get_dma_buf	= dma_buf_get_of_vma,
};

static int fake_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &fake_vm_ops;
	return 0;
}

static int fake_mmap_without(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	return 0;
}

static const struct dma_buf_ops fake_ops = {
	.map_dma_buf	= fake_map_dma_buf,
	.unmap_dma_buf	= fake_unmap_dma_buf,
	.map_phyrs	= fake_map_phyrs,
	.unmap_phyrs	= fake_unmap_phyrs,
	.mmap		= fake_mmap,
	.release	= fake_release,
};

static const struct dma_buf_ops fake_ops_without = {
	.map_dma_buf	= fake_map_dma_buf,
	.unmap_dma_buf	= fake_unmap_dma_buf,
	.mmap		= fake_mmap_without,
	.release	= fake_release,
};

static void fake_invalidate(struct dma_buf_attachment *attach)
{
	struct fake *fake = attach->importer_priv;

	dma_resv_assert_held(attach->dmabuf->resv);
	fake->told++;
	if (fake->mapped)
		dma_buf_unmap_phyrs(attach);
	fake->mapped = false;
}

static const struct dma_buf_attach_ops revocable = {
	.allow_peer2peer	= true,
	.invalidate_mappings	= fake_invalidate,
};

static const struct dma_buf_attach_ops not_revocable = {
	.allow_peer2peer	= true,
};

static struct dma_buf *fake_export(struct kunit *test,
				   const struct dma_buf_ops *ops)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct fake *fake = test->priv;
	struct dma_buf *dmabuf;

	info.ops = ops;
	info.size = fake->list.len;
	info.priv = fake;
	info.flags = O_RDWR;
	dmabuf = dma_buf_export(&info);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dmabuf);
	return dmabuf;
}

static const struct phyr_list *fake_import(struct kunit *test,
					   struct dma_buf *dmabuf,
					   const struct dma_buf_attach_ops *ops)
{
	struct fake *fake = test->priv;
	const struct phyr_list *list;

	fake->attach = dma_buf_dynamic_attach(dmabuf, fake->dev, ops, fake);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, fake->attach);
	dma_resv_lock(dmabuf->resv, NULL);
	list = dma_buf_map_phyrs(fake->attach);
	fake->mapped = !IS_ERR(list);
	dma_resv_unlock(dmabuf->resv);
	return list;
}

static void fake_forget(struct dma_buf *dmabuf, struct fake *fake)
{
	dma_resv_lock(dmabuf->resv, NULL);
	if (fake->mapped)
		dma_buf_unmap_phyrs(fake->attach);
	dma_resv_unlock(dmabuf->resv);
	dma_buf_detach(dmabuf, fake->attach);
	dma_buf_put(dmabuf);
}

static void phyrs_are_the_exporters(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct dma_buf *dmabuf = fake_export(test, &fake_ops);
	const struct phyr_list *list = fake_import(test, dmabuf, &revocable);

	KUNIT_EXPECT_PTR_EQ(test, list, &fake->list);
	KUNIT_EXPECT_EQ(test, 1, fake->maps);
	fake_forget(dmabuf, fake);
	KUNIT_EXPECT_EQ(test, 1, fake->unmaps);
	KUNIT_EXPECT_EQ(test, 0, fake->told);
}

static void importers_must_be_revocable(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct dma_buf *dmabuf;

	dmabuf = fake_export(test, &fake_ops);
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			PTR_ERR(fake_import(test, dmabuf, &not_revocable)));
	fake_forget(dmabuf, fake);

	dmabuf = fake_export(test, &fake_ops);
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			PTR_ERR(fake_import(test, dmabuf, NULL)));
	fake_forget(dmabuf, fake);
	KUNIT_EXPECT_EQ(test, 0, fake->maps);
}

static void exporters_need_not_offer_it(struct kunit *test)
{
	struct dma_buf *dmabuf = fake_export(test, &fake_ops_without);

	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			PTR_ERR(fake_import(test, dmabuf, &revocable)));
	fake_forget(dmabuf, test->priv);
}

static void importers_are_revoked_once(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct dma_buf *dmabuf = fake_export(test, &fake_ops);

	fake_import(test, dmabuf, &revocable);
	dma_resv_lock(dmabuf->resv, NULL);
	fake->revoked = true;
	dma_buf_invalidate_mappings(dmabuf);
	KUNIT_EXPECT_EQ(test, 1, fake->told);
	KUNIT_EXPECT_EQ(test, 1, fake->unmaps);
	KUNIT_EXPECT_EQ(test, -ENODEV,
			PTR_ERR(dma_buf_map_phyrs(fake->attach)));
	dma_resv_unlock(dmabuf->resv);
	fake_forget(dmabuf, fake);
	KUNIT_EXPECT_EQ(test, 1, fake->maps);
	KUNIT_EXPECT_EQ(test, 1, fake->unmaps);
}

static unsigned long fake_map(struct kunit *test, struct dma_buf *dmabuf,
			      unsigned long at, size_t len, int prot, int flags,
			      unsigned long pages)
{
	unsigned long addr = kunit_vm_mmap(test, dmabuf->file, at, len, prot,
					   flags, pages << PAGE_SHIFT);

	KUNIT_ASSERT_NE(test, 0, addr);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	return addr;
}

static void expect_none(struct kunit *test, unsigned long addr, size_t len,
			bool write)
{
	u64 offset;

	KUNIT_EXPECT_EQ(test, -EFAULT,
			PTR_ERR(dma_buf_get_user(addr, len, write, &offset)));
}

static void expect_at(struct kunit *test, struct dma_buf *dmabuf,
		      unsigned long addr, size_t len, bool write, u64 wanted)
{
	struct dma_buf *found;
	u64 offset = -1;

	found = dma_buf_get_user(addr, len, write, &offset);
	KUNIT_ASSERT_PTR_EQ(test, dmabuf, found);
	KUNIT_EXPECT_EQ(test, wanted, offset);
	dma_buf_put(found);
}

static void addresses_name_buffers(struct kunit *test)
{
	struct dma_buf *dmabuf = fake_export(test, &fake_ops);
	unsigned long addr, page = PAGE_SIZE;

	addr = fake_map(test, dmabuf, 0, 4 * page, PROT_READ | PROT_WRITE,
			MAP_SHARED, 2);
	expect_at(test, dmabuf, addr, 4 * page, true, 2 * page);
	expect_at(test, dmabuf, addr + 5, 4 * page - 5, false, 2 * page + 5);
	expect_at(test, dmabuf, addr + 4 * page - 1, 1, true, 6 * page - 1);
	expect_none(test, addr + 1, 4 * page, false);
	expect_none(test, addr + page, SIZE_MAX, false);
	expect_none(test, addr - page, 1, false);
	dma_buf_put(dmabuf);
}

/* Another owner could follow, or another part of this one. */
static void a_range_is_of_one_mapping(struct kunit *test)
{
	struct dma_buf *dmabuf = fake_export(test, &fake_ops);
	unsigned long addr, page = PAGE_SIZE;

	addr = fake_map(test, dmabuf, 0, 4 * page, PROT_READ | PROT_WRITE,
			MAP_SHARED, 0);
	fake_map(test, dmabuf, addr + 2 * page, 2 * page,
		 PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, 6);
	expect_at(test, dmabuf, addr, 2 * page, true, 0);
	expect_at(test, dmabuf, addr + 2 * page, 2 * page, true, 6 * page);
	expect_none(test, addr + page, 2 * page, true);
	dma_buf_put(dmabuf);
}

static void mappings_say_what_is_allowed(struct kunit *test)
{
	struct dma_buf *dmabuf = fake_export(test, &fake_ops);
	unsigned long addr, page = PAGE_SIZE;

	addr = fake_map(test, dmabuf, 0, page, PROT_READ, MAP_SHARED, 0);
	expect_at(test, dmabuf, addr, page, false, 0);
	expect_none(test, addr, page, true);
	addr = fake_map(test, dmabuf, 0, page, PROT_NONE, MAP_SHARED, 0);
	expect_none(test, addr, page, false);
	/* What is written there is not the buffer's. */
	addr = fake_map(test, dmabuf, 0, page, PROT_READ, MAP_PRIVATE, 0);
	expect_none(test, addr, page, false);
	dma_buf_put(dmabuf);
}

static void mappings_need_not_name_them(struct kunit *test)
{
	struct dma_buf *dmabuf = fake_export(test, &fake_ops_without);

	expect_none(test, fake_map(test, dmabuf, 0, PAGE_SIZE, PROT_READ,
				   MAP_SHARED, 0), PAGE_SIZE, false);
	expect_none(test, 0, 1, false);
	dma_buf_put(dmabuf);
}

static int fake_init(struct kunit *test)
{
	struct fake *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fake);
	fake->dev = kunit_device_register(test, "dma_buf_phyrs");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, fake->dev);
	fake->mem.type = PHYR_MEM_UC;
	fake->phyrs[0] = (struct phys_vec){ SZ_1G, SZ_64K };
	fake->phyrs[1] = (struct phys_vec){ SZ_2G, SZ_4K };
	fake->list.phyrs = fake->phyrs;
	fake->list.nr = ARRAY_SIZE(fake->phyrs);
	fake->list.max = ARRAY_SIZE(fake->phyrs);
	fake->list.len = SZ_64K + SZ_4K;
	fake->list.mem = &fake->mem;
	test->priv = fake;
	return 0;
}

static struct kunit_case dma_buf_phyrs_cases[] = {
	KUNIT_CASE(phyrs_are_the_exporters),
	KUNIT_CASE(importers_must_be_revocable),
	KUNIT_CASE(exporters_need_not_offer_it),
	KUNIT_CASE(importers_are_revoked_once),
	KUNIT_CASE(addresses_name_buffers),
	KUNIT_CASE(a_range_is_of_one_mapping),
	KUNIT_CASE(mappings_say_what_is_allowed),
	KUNIT_CASE(mappings_need_not_name_them),
	{}
};

static struct kunit_suite dma_buf_phyrs_suite = {
	.name = "phyr_dma_buf",
	.init = fake_init,
	.test_cases = dma_buf_phyrs_cases,
};

kunit_test_suite(dma_buf_phyrs_suite);
