// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of the test exporter, and the DMA-bufs of it
 *
 * Locks: mem->lock, then the reservation lock of a buffer.
 */
#include <linux/dma-buf.h>
#include <linux/dma-buf-mapping.h>
#include <linux/dma-resv.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/phyr.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>

#include "dmabuf_test.h"
#include "dmabuf_test_mem.h"

struct test_buf {
	struct dma_buf		*dmabuf;
	struct test_mem		*mem;
	struct list_head	list;
	struct phyr_list	phyrs;

	/* protected by the reservation lock; the first is also waited for */
	unsigned int		mappings;
	bool			revoked;
};

void test_mem_free(struct kref *kref)
{
	struct test_mem *mem = container_of(kref, struct test_mem, kref);

	mutex_destroy(&mem->lock);
	kfree(mem);
}

static int test_buf_attach(struct dma_buf *dmabuf,
			   struct dma_buf_attachment *attach)
{
	if (!attach->peer2peer || !dma_buf_attach_revocable(attach))
		return -EOPNOTSUPP;
	return 0;
}

static void test_buf_unmapped(struct test_buf *buf)
{
	store_release_wake_up(&buf->mappings, buf->mappings - 1);
}

static struct sg_table *test_buf_map(struct dma_buf_attachment *attach,
				     enum dma_data_direction dir)
{
	struct test_buf *buf = attach->dmabuf->priv;
	struct sg_table *sgt;

	if (buf->revoked)
		return ERR_PTR(-ENODEV);
	if (!buf->mem->mem.provider)
		return ERR_PTR(-EOPNOTSUPP);
	sgt = dma_buf_phys_vec_to_sgt(attach, buf->mem->mem.provider,
				      buf->phyrs.phyrs, buf->phyrs.nr,
				      buf->phyrs.len, dir);
	if (!IS_ERR(sgt))
		buf->mappings++;
	return sgt;
}

static void test_buf_unmap(struct dma_buf_attachment *attach,
			   struct sg_table *sgt, enum dma_data_direction dir)
{
	dma_buf_free_sgt(attach, sgt, dir);
	test_buf_unmapped(attach->dmabuf->priv);
}

static const struct phyr_list *
test_buf_map_phyrs(struct dma_buf_attachment *attach)
{
	struct test_buf *buf = attach->dmabuf->priv;

	if (buf->revoked)
		return ERR_PTR(-ENODEV);
	buf->mappings++;
	return &buf->phyrs;
}

static void test_buf_unmap_phyrs(struct dma_buf_attachment *attach)
{
	test_buf_unmapped(attach->dmabuf->priv);
}

static void test_buf_free(struct test_buf *buf)
{
	phyr_list_free(&buf->phyrs);
	kref_put(&buf->mem->kref, test_mem_free);
	kfree(buf);
}

static void test_buf_release(struct dma_buf *dmabuf)
{
	struct test_buf *buf = dmabuf->priv;

	scoped_guard(mutex, &buf->mem->lock) {
		list_del(&buf->list);
		if (buf->mem->whole == buf)
			buf->mem->whole = NULL;
	}
	test_buf_free(buf);
}

static const struct dma_buf_ops test_buf_ops = {
	.attach		= test_buf_attach,
	.map_dma_buf	= test_buf_map,
	.unmap_dma_buf	= test_buf_unmap,
	.map_phyrs	= test_buf_map_phyrs,
	.unmap_phyrs	= test_buf_unmap_phyrs,
	.release	= test_buf_release,
};

static void test_buf_set_revoked(struct test_buf *buf, bool revoked)
{
	/* Not if the last reference is on its way to test_buf_release(). */
	if (!get_file_active(&buf->dmabuf->file))
		return;
	dma_resv_lock(buf->dmabuf->resv, NULL);
	buf->revoked = revoked;
	if (revoked) {
		dma_buf_invalidate_mappings(buf->dmabuf);
		dma_resv_wait_timeout(buf->dmabuf->resv,
				      DMA_RESV_USAGE_BOOKKEEP, false,
				      MAX_SCHEDULE_TIMEOUT);
	}
	dma_resv_unlock(buf->dmabuf->resv);
	if (revoked) {
		wait_var_event(&buf->mappings,
			       /* see test_buf_unmapped() */
			       !smp_load_acquire(&buf->mappings));
	}
	fput(buf->dmabuf->file);
}

void test_mem_set_revoked(struct test_mem *mem, bool revoked)
{
	struct test_file *file;
	struct test_buf *buf;

	lockdep_assert_held(&mem->lock);
	if (mem->revoked == revoked)
		return;
	mem->revoked = revoked;
	list_for_each_entry(buf, &mem->bufs, list) {
		mem->told += revoked;
		test_buf_set_revoked(buf, revoked);
	}
	if (!revoked)
		return;
	list_for_each_entry(file, &mem->files, list)
		unmap_mapping_range(file->filp->f_mapping, 0, 0, 1);
}

static int test_buf_add_ranges(struct test_buf *buf,
			       const struct dmabuf_test_range *ranges, u32 nr)
{
	struct test_mem *mem = buf->mem;
	u32 i;

	for (i = 0; i < nr; i++) {
		u64 offset = ranges[i].offset, len = ranges[i].len;
		int err;

		if (!PAGE_ALIGNED(offset) || !PAGE_ALIGNED(len) || !len ||
		    offset > mem->size || len > mem->size - offset)
			return -EINVAL;
		err = phyr_list_add(&buf->phyrs, mem->mem.start + offset, len,
				    GFP_KERNEL_ACCOUNT);
		if (err)
			return err;
	}
	return 0;
}

static struct dma_buf *test_mem_export_locked(struct test_mem *mem,
					      const struct dmabuf_test_range *ranges,
					      u32 nr)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct test_buf *buf;
	int err;

	lockdep_assert_held(&mem->lock);
	buf = kzalloc_obj(*buf, GFP_KERNEL_ACCOUNT);
	if (!buf)
		return ERR_PTR(-ENOMEM);
	kref_get(&mem->kref);
	buf->mem = mem;
	buf->phyrs.mem = &mem->mem;
	err = test_buf_add_ranges(buf, ranges, nr);
	if (err)
		goto err_free;

	info.ops = &test_buf_ops;
	info.size = buf->phyrs.len;
	info.flags = O_RDWR;
	info.priv = buf;

	buf->dmabuf = dma_buf_export(&info);
	if (IS_ERR(buf->dmabuf)) {
		err = PTR_ERR(buf->dmabuf);
		goto err_free;
	}
	buf->revoked = mem->revoked;
	list_add_tail(&buf->list, &mem->bufs);
	return buf->dmabuf;

err_free:
	test_buf_free(buf);
	return ERR_PTR(err);
}

struct dma_buf *test_mem_export(struct test_mem *mem,
				const struct dmabuf_test_range *ranges, u32 nr)
{
	guard(mutex)(&mem->lock);
	return test_mem_export_locked(mem, ranges, nr);
}

/* A reference to the buffer of all memory, which goes when nobody has it. */
struct dma_buf *test_mem_whole(struct test_mem *mem)
{
	const struct dmabuf_test_range all = { .len = mem->size };
	struct dma_buf *dmabuf;

	guard(mutex)(&mem->lock);
	if (mem->whole && get_file_active(&mem->whole->dmabuf->file))
		return mem->whole->dmabuf;
	dmabuf = test_mem_export_locked(mem, &all, 1);
	if (!IS_ERR(dmabuf))
		mem->whole = dmabuf->priv;
	return dmabuf;
}

/* What importers have of it, and how often they were told to let go. */
void test_mem_count(struct test_mem *mem, struct dmabuf_test_info *info)
{
	struct test_buf *buf;

	guard(mutex)(&mem->lock);
	info->told = mem->told;
	list_for_each_entry(buf, &mem->bufs, list)
		info->mappings += READ_ONCE(buf->mappings);
}
