// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of umems. What drivers read from a umem must equal what they read from
 * a scatterlist that was made from pinned pages, batch by batch.
 *
 * Memory is faulted in by runs of random length in random order, so some of it
 * is contiguous and some is not. For random ranges of it, both scatterlists
 * must have the same entries, and the same page sizes and blocks must follow.
 *
 * The fixture pins all pages, so they cannot move. It records the references of
 * each page: a umem must add one pin to each page of its range, and to no other.
 */
#include <kunit/device.h>
#include <kunit/test.h>
#include <linux/dma-mapping.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/swap.h>
#include <linux/uaccess.h>
#include <rdma/ib_umem.h>
#include <rdma/ib_verbs.h>
#include <rdma/iter.h>

#define SEED		0x756d656d
#define NR_PAGES	1600	/* > 3 batches, at 4 KiB pages */
#define BATCH		(PAGE_SIZE / sizeof(struct page *))
#define MAX_RUN		64
#define NR_LAYOUTS	3
#define NR_RANGES	20
#define NR_QUESTIONS	8

struct umem_memory {
	struct ib_device		ibdev;
	struct device_dma_parameters	dma_parms;
	struct rnd_state		rnd;
	unsigned long			addr;
	struct page			*pages[NR_PAGES];
	int				refs[NR_PAGES];
	struct page			*batch[BATCH];
};

static u32 random_below(struct umem_memory *mem, u32 end)
{
	return prandom_u32_state(&mem->rnd) % end;
}

/* MAP_STACK keeps THPs away: a table of THPs has too few entries to test. */
static void memory_map(struct kunit *test)
{
	struct umem_memory *mem = test->priv;
	unsigned int left = NR_PAGES, i;
	u8 __user *user;

	mem->addr = kunit_vm_mmap(test, NULL, 0, NR_PAGES * PAGE_SIZE,
				  PROT_READ | PROT_WRITE,
				  MAP_ANONYMOUS | MAP_PRIVATE | MAP_STACK, 0);
	KUNIT_ASSERT_NE(test, 0, mem->addr);
	user = (u8 __user *)mem->addr;

	/* Runs may overlap: a page that is present stays where it is. */
	while (left > NR_PAGES / 8) {
		unsigned int run = 1 + random_below(mem, MAX_RUN);
		unsigned int first = random_below(mem, NR_PAGES - run + 1);

		for (i = first; i < first + run; i++)
			KUNIT_ASSERT_EQ(test, 0,
					put_user(1, user + i * PAGE_SIZE));
		left -= min(left, run / 2 + 1);
	}
	for (i = 0; i < NR_PAGES; i++)
		KUNIT_ASSERT_EQ(test, 0, put_user(1, user + i * PAGE_SIZE));

	/* New pages are in per-CPU batches, which hold references. */
	lru_add_drain_all();
	KUNIT_ASSERT_EQ(test, NR_PAGES,
			pin_user_pages_fast(mem->addr, NR_PAGES, FOLL_WRITE,
					    mem->pages));
	for (i = 0; i < NR_PAGES; i++)
		mem->refs[i] = page_ref_count(mem->pages[i]);
}

static void memory_unmap(struct kunit *test)
{
	struct umem_memory *mem = test->priv;

	unpin_user_pages(mem->pages, NR_PAGES);
	mem->addr = 0;
}

static int umem_kunit_init(struct kunit *test)
{
	struct umem_memory *mem;

	mem = kunit_kzalloc(test, sizeof(*mem), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, mem);
	test->priv = mem;
	prandom_seed_state(&mem->rnd, SEED);
	memory_map(test);
	return 0;
}

static void umem_kunit_exit(struct kunit *test)
{
	struct umem_memory *mem = test->priv;

	if (mem && mem->addr)
		memory_unmap(test);
}

/* Use a device that does DMA without an IOMMU; @max_seg_size is in bytes. */
static void use_dma_device(struct kunit *test, unsigned int max_seg_size)
{
	struct umem_memory *mem = test->priv;
	struct device *dev = kunit_device_register(test, "umem");

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	dev->coherent_dma_mask = DMA_BIT_MASK(64);
	dev->dma_mask = &dev->coherent_dma_mask;
	dev->dma_parms = &mem->dma_parms;
	/* Umems are mapped with DMA_ATTR_REQUIRE_COHERENT. */
	dev_set_dma_coherent(dev);
	dma_set_max_seg_size(dev, max_seg_size);
	mem->ibdev.dma_device = dev;
}

/* Expect @extra pins on each page of the range, and none on others. */
static void expect_pins(struct kunit *test, unsigned long addr, size_t len,
			int extra)
{
	struct umem_memory *mem = test->priv;
	unsigned long first = (addr - mem->addr) >> PAGE_SHIFT;
	unsigned long end = (PAGE_ALIGN(addr + len) - mem->addr) >> PAGE_SHIFT;
	unsigned long i;

	for (i = 0; i < NR_PAGES; i++) {
		bool inside = i >= first && i < end;
		int refs = mem->refs[i] +
			   (inside ? extra * GUP_PIN_COUNTING_BIAS : 0);

		if (page_ref_count(mem->pages[i]) != refs) {
			KUNIT_FAIL(test, "page %lu: %d references, not %d", i,
				   page_ref_count(mem->pages[i]), refs);
			return;
		}
	}
}

/* Make the scatterlist of @umem from batches of pinned pages. */
static void pages_get(struct kunit *test, struct ib_umem *umem,
		      unsigned long addr, size_t len)
{
	struct umem_memory *mem = test->priv;
	unsigned long at = addr & PAGE_MASK;
	unsigned long left;
	int nr, err;

	umem->ibdev = &mem->ibdev;
	umem->address = addr;
	umem->iova = addr;
	umem->length = len;
	left = ib_umem_num_pages(umem);
	while (left) {
		nr = pin_user_pages_fast(at, min(left, BATCH),
					 FOLL_WRITE | FOLL_LONGTERM,
					 mem->batch);
		KUNIT_ASSERT_GT(test, nr, 0);
		at += nr * PAGE_SIZE;
		left -= nr;
		err = sg_alloc_append_table_from_pages(&umem->sgt_append,
						       mem->batch, nr, 0,
						       nr * PAGE_SIZE,
						       ib_dma_max_seg_size(umem->ibdev),
						       left, GFP_KERNEL);
		KUNIT_ASSERT_EQ(test, err, 0);
	}
	err = ib_dma_map_sgtable_attrs(umem->ibdev, &umem->sgt_append.sgt,
				       DMA_BIDIRECTIONAL,
				       DMA_ATTR_REQUIRE_COHERENT);
	KUNIT_ASSERT_EQ(test, err, 0);
}

static void pages_put(struct ib_umem *umem)
{
	struct scatterlist *sg;
	unsigned int i;

	ib_dma_unmap_sgtable_attrs(umem->ibdev, &umem->sgt_append.sgt,
				   DMA_BIDIRECTIONAL,
				   DMA_ATTR_REQUIRE_COHERENT);
	for_each_sgtable_sg(&umem->sgt_append.sgt, sg, i)
		unpin_user_page_range_dirty_lock(sg_page(sg),
						 sg->length >> PAGE_SHIFT,
						 false);
	sg_free_append_table(&umem->sgt_append);
}

static void expect_same_entries(struct kunit *test, struct ib_umem *umem,
				struct ib_umem *want)
{
	struct sg_table *table = &umem->sgt_append.sgt;
	struct scatterlist *sg, *other = want->sgt_append.sgt.sgl;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, table->orig_nents,
			want->sgt_append.sgt.orig_nents);
	KUNIT_ASSERT_EQ(test, table->nents, want->sgt_append.sgt.nents);
	for_each_sgtable_sg(table, sg, i) {
		KUNIT_ASSERT_PTR_EQ(test, sg_page(sg), sg_page(other));
		KUNIT_ASSERT_EQ(test, sg->offset, 0);
		KUNIT_ASSERT_EQ(test, sg->length, other->length);
		KUNIT_ASSERT_EQ(test, sg_dma_address(sg),
				sg_dma_address(other));
		KUNIT_ASSERT_EQ(test, sg_dma_len(sg), sg_dma_len(other));
		KUNIT_ASSERT_EQ(test, sg_is_last(sg), sg_is_last(other));
		other = sg_next(other);
	}
}

/* Expect the same best page size out of @sizes for @iova, and its blocks. */
static void expect_same_blocks(struct kunit *test, struct ib_umem *umem,
			       struct ib_umem *want, unsigned long sizes,
			       u64 iova)
{
	unsigned long size = ib_umem_find_best_pgsz(umem, sizes, iova);
	struct ib_block_iter block, other;
	size_t nr = 0, same = 0;

	KUNIT_ASSERT_EQ(test, size, ib_umem_find_best_pgsz(want, sizes, iova));
	if (!size)
		return;
	__rdma_umem_block_iter_start(&other, want, size);
	rdma_umem_for_each_dma_block(umem, &block, size) {
		if (!__rdma_umem_block_iter_next(&other))
			break;
		same += rdma_block_iter_dma_address(&block) ==
			rdma_block_iter_dma_address(&other);
		nr++;
	}
	KUNIT_EXPECT_FALSE(test, __rdma_umem_block_iter_next(&other));
	KUNIT_EXPECT_EQ(test, nr, ib_umem_num_dma_blocks(umem, size));
	KUNIT_EXPECT_EQ(test, same, nr);
}

static void expect_same_answers(struct kunit *test, struct ib_umem *umem,
				struct ib_umem *want)
{
	struct umem_memory *mem = test->priv;
	int i;

	expect_same_blocks(test, umem, want, PAGE_SIZE, umem->address);
	for (i = 0; i < NR_QUESTIONS; i++) {
		unsigned long sizes = prandom_u32_state(&mem->rnd) &
				      GENMASK(24, PAGE_SHIFT - 1);
		u64 iova = i % 2 ? umem->address :
				   (u64)random_below(mem, SZ_64K) << PAGE_SHIFT;

		if (i % 4 == 0)
			iova += ib_umem_offset(umem);
		else if (i % 4 == 2)
			iova += random_below(mem, PAGE_SIZE);
		expect_same_blocks(test, umem, want, sizes, iova);
	}
}

/* A umem of phyrs need not have pages, but has the same DMA addresses. */
static void expect_same_mapping(struct kunit *test, struct ib_umem *want,
				unsigned long addr, size_t len)
{
	struct umem_memory *mem = test->priv;
	struct ib_umem *umem;

	umem = ib_umem_get_va_phyrs(&mem->ibdev, addr, len,
				    IB_ACCESS_LOCAL_WRITE);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, umem);
	expect_pins(test, addr, len, 3);
	KUNIT_EXPECT_EQ(test, ib_umem_start_dma_addr(umem),
			ib_umem_start_dma_addr(want));
	expect_same_answers(test, umem, want);
	ib_umem_release(umem);
	expect_pins(test, addr, len, 2);
}

static void expect_same_umem(struct kunit *test, unsigned long addr, size_t len)
{
	struct umem_memory *mem = test->priv;
	atomic64_t *pinned = &current->mm->pinned_vm;
	u64 pinned_before = atomic64_read(pinned);
	struct ib_umem want = {}, *umem;

	umem = ib_umem_get_va(&mem->ibdev, addr, len, IB_ACCESS_LOCAL_WRITE);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, umem);
	expect_pins(test, addr, len, 1);
	KUNIT_EXPECT_EQ(test, atomic64_read(pinned),
			pinned_before + ib_umem_num_pages(umem));

	pages_get(test, &want, addr, len);
	expect_pins(test, addr, len, 2);
	expect_same_entries(test, umem, &want);
	expect_same_answers(test, umem, &want);
	if (mem->ibdev.dma_device)
		expect_same_mapping(test, &want, addr, len);
	pages_put(&want);

	ib_umem_release(umem);
	expect_pins(test, addr, len, 0);
	KUNIT_EXPECT_EQ(test, atomic64_read(pinned), pinned_before);
}

static void expect_same_umems(struct kunit *test)
{
	struct umem_memory *mem = test->priv;
	const size_t size = NR_PAGES * PAGE_SIZE;
	size_t offset, most;
	int i;

	expect_same_umem(test, mem->addr, size);
	expect_same_umem(test, mem->addr + 1, size - 2);
	expect_same_umem(test, mem->addr + PAGE_SIZE,
			 min(BATCH, NR_PAGES - 1) * PAGE_SIZE);
	for (i = 0; i < NR_RANGES; i++) {
		offset = random_below(mem, size);
		most = i % 2 ? size - offset :
			       min(size - offset, 3 * PAGE_SIZE);
		expect_same_umem(test, mem->addr + offset,
				 1 + random_below(mem, most));
	}
}

static void umem_like_pages(struct kunit *test)
{
	int layout;

	for (layout = 0; layout < NR_LAYOUTS; layout++) {
		if (layout) {
			memory_unmap(test);
			memory_map(test);
		}
		expect_same_umems(test);
	}
}

static void umem_virt_dma(struct kunit *test)
{
	umem_like_pages(test);
}

static void umem_dma_64k_segments(struct kunit *test)
{
	use_dma_device(test, SZ_64K);
	umem_like_pages(test);
}

/* Not a multiple of the page size */
static void umem_dma_odd_segments(struct kunit *test)
{
	use_dma_device(test, 3 * PAGE_SIZE + 512);
	umem_like_pages(test);
}

static void umem_dma_page_segments(struct kunit *test)
{
	use_dma_device(test, PAGE_SIZE);
	umem_like_pages(test);
}

static void expect_error(struct kunit *test, unsigned long addr, size_t len,
			 int error)
{
	struct umem_memory *mem = test->priv;
	atomic64_t *pinned = &current->mm->pinned_vm;
	u64 pinned_before = atomic64_read(pinned);

	KUNIT_EXPECT_EQ(test, error,
			PTR_ERR_OR_ZERO(ib_umem_get_va(&mem->ibdev, addr, len,
						       IB_ACCESS_LOCAL_WRITE)));
	KUNIT_EXPECT_EQ(test, atomic64_read(pinned), pinned_before);
	expect_pins(test, mem->addr, NR_PAGES * PAGE_SIZE, 0);
}

static void umem_fails_while_pinning(struct kunit *test)
{
	struct umem_memory *mem = test->priv;
	const size_t size = NR_PAGES * PAGE_SIZE;

	KUNIT_ASSERT_EQ(test, 0,
			vm_munmap(mem->addr + size - PAGE_SIZE, PAGE_SIZE));
	mem->refs[NR_PAGES - 1] = page_ref_count(mem->pages[NR_PAGES - 1]);
	expect_error(test, mem->addr, size, -EFAULT);
	expect_error(test, mem->addr + 100, size - PAGE_SIZE - 99, -EFAULT);
	expect_same_umem(test, mem->addr + 100, size - PAGE_SIZE - 100);
}

/* Segments are smaller than a page. This error comes after pinning. */
static void umem_fails_after_pinning(struct kunit *test)
{
	struct umem_memory *mem = test->priv;

	use_dma_device(test, PAGE_SIZE - 1);
	expect_error(test, mem->addr, NR_PAGES * PAGE_SIZE, -EINVAL);
	expect_error(test, mem->addr + 5, 1, -EINVAL);
}

static void umem_bad_ranges(struct kunit *test)
{
	struct umem_memory *mem = test->priv;

	expect_error(test, mem->addr, 0, -EINVAL);
	expect_error(test, mem->addr, SIZE_MAX, -EINVAL);
	expect_error(test, -PAGE_SIZE, PAGE_SIZE - 1, -EINVAL);
	expect_error(test, mem->addr, (size_t)SZ_4G << PAGE_SHIFT, -EINVAL);
	expect_error(test, TASK_SIZE_MAX, PAGE_SIZE, -EFAULT);
}

static struct kunit_case umem_cases[] = {
	KUNIT_CASE(umem_virt_dma),
	KUNIT_CASE(umem_dma_64k_segments),
	KUNIT_CASE(umem_dma_odd_segments),
	KUNIT_CASE(umem_dma_page_segments),
	KUNIT_CASE(umem_fails_while_pinning),
	KUNIT_CASE(umem_fails_after_pinning),
	KUNIT_CASE(umem_bad_ranges),
	{}
};

static struct kunit_suite umem_suite = {
	.name = "phyr_umem",
	.init = umem_kunit_init,
	.exit = umem_kunit_exit,
	.test_cases = umem_cases,
};

kunit_test_suite(umem_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
