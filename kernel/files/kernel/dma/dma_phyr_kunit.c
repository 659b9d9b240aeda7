// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entries are compared with the bytes of the ranges, one after the other, for
 * random ranges, segment sizes and boundaries. The device has no IOMMU and the
 * memory no struct page (DMA_ATTR_MMIO), so that a DMA address says which
 * physical one it came from and any address will do. What an IOMMU and bounce
 * buffers make of it is for a test with a device that transfers.
 */
#include <kunit/test.h>
#include <linux/dma-phyr.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>

#include "dma_phyr_kunit.h"

static void phyr_dma_random(struct kunit *test)
{
	struct fixture *f = test->priv;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		size_t max;

		random_phyrs(f, 60, SZ_64K);
		random_limits(f);
		max = dma_phyrs_max_vecs(f->dev, f->phyrs, f->nr);
		KUNIT_ASSERT_LE(test, max, MAX_VECS);
		KUNIT_ASSERT_EQ(test, map(f, max), 0);
		KUNIT_EXPECT_LE(test, f->batch.nr, max);
		expect_vecs(test, f->vecs, f->batch.nr);
		dma_unmap_phyrs(&f->batch);
	}
}

/* Nothing is split or joined that need not be. */
static void phyr_dma_one_entry_each(struct kunit *test)
{
	struct fixture *f = test->priv;
	int round;

	f->parms.max_segment_size = UINT_MAX;
	for (round = 0; round < ROUNDS; round++) {
		random_phyrs(f, MAX_PHYRS, SZ_64K);
		KUNIT_ASSERT_EQ(test, map(f, MAX_VECS), 0);
		KUNIT_EXPECT_EQ(test, f->batch.nr, f->nr);
		expect_vecs(test, f->vecs, f->batch.nr);
		dma_unmap_phyrs(&f->batch);
	}
}

/* As dma_map_sgtable() splits them on a scatterlist of whole pages. */
static void phyr_dma_page_borders(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct sg_table sgt;

	f->nr = 2;
	f->phyrs[0] = (struct phys_vec){ BIT_ULL(40) + PAGE_SIZE / 2,
					 64 * PAGE_SIZE };
	/* What fits into one entry stays one. */
	f->phyrs[1] = (struct phys_vec){ BIT_ULL(41) + PAGE_SIZE / 2,
					 16 * PAGE_SIZE };
	f->parms.max_segment_size = 16 * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, dma_phyrs_max_vecs(f->dev, f->phyrs, f->nr), 6);
	KUNIT_ASSERT_EQ(test, map(f, MAX_VECS), 0);
	KUNIT_EXPECT_EQ(test, f->batch.nr, 6);
	KUNIT_EXPECT_EQ(test, f->vecs[0].len, 16 * PAGE_SIZE - PAGE_SIZE / 2);
	KUNIT_EXPECT_EQ(test, f->vecs[1].len, 16 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, f->vecs[4].len, PAGE_SIZE / 2);
	KUNIT_EXPECT_EQ(test, f->vecs[5].len, 16 * PAGE_SIZE);
	expect_vecs(test, f->vecs, f->batch.nr);
	dma_unmap_phyrs(&f->batch);

	KUNIT_ASSERT_EQ(test, sg_map_phyrs(&f->batch, &sgt, f->dev, f->phyrs,
					   f->nr, DMA_BIDIRECTIONAL,
					   DMA_ATTR_MMIO, GFP_KERNEL), 0);
	KUNIT_EXPECT_EQ(test, sgt.nents, 6);
	KUNIT_EXPECT_EQ(test, sg_dma_len(sgt.sgl),
			16 * PAGE_SIZE - PAGE_SIZE / 2);
	sg_unmap_phyrs(&f->batch, &sgt);
}

/* Lengths of 32 bits, of which whole pages are used. */
static void phyr_dma_longer_than_u32(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct sg_table sgt;

	if (!IS_ENABLED(CONFIG_64BIT))
		kunit_skip(test, "a size_t has 32 bits");

	f->nr = 2;
	f->phyrs[0] = (struct phys_vec){ BIT_ULL(40) + 5,
					  (size_t)(2 * SZ_4G) };
	f->phyrs[1] = (struct phys_vec){ BIT_ULL(41), (size_t)SZ_4G };
	f->parms.max_segment_size = UINT_MAX;
	KUNIT_ASSERT_EQ(test, map(f, MAX_VECS), 0);
	KUNIT_EXPECT_EQ(test, f->vecs[0].len, SZ_4G - PAGE_SIZE - 5);
	KUNIT_EXPECT_EQ(test, f->vecs[1].len, SZ_4G - PAGE_SIZE);
	expect_vecs(test, f->vecs, f->batch.nr);
	dma_unmap_phyrs(&f->batch);

	KUNIT_ASSERT_EQ(test, sg_map_phyrs(&f->batch, &sgt, f->dev, f->phyrs,
					   f->nr, DMA_BIDIRECTIONAL,
					   DMA_ATTR_MMIO, GFP_KERNEL), 0);
	KUNIT_EXPECT_EQ(test, sg_dma_len(sgt.sgl), SZ_4G - PAGE_SIZE - 5);
	sg_unmap_phyrs(&f->batch, &sgt);
}

/* An array that is too small maps nothing. */
static void phyr_dma_too_small(struct kunit *test)
{
	struct fixture *f = test->priv;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		unsigned int nr;

		random_phyrs(f, 20, SZ_64K);
		random_limits(f);
		KUNIT_ASSERT_EQ(test, map(f, MAX_VECS), 0);
		nr = f->batch.nr;
		dma_unmap_phyrs(&f->batch);
		KUNIT_EXPECT_EQ(test, f->batch.nr, 0);

		KUNIT_EXPECT_EQ(test, map(f, roll(f, nr)), -ENOSPC);
		KUNIT_EXPECT_EQ(test, f->batch.nr, 0);
		KUNIT_EXPECT_EQ(test, map(f, nr), 0);
		dma_unmap_phyrs(&f->batch);
	}
}

/* Batches filled one after the other make the same entries as one. */
static void phyr_dma_batches(struct kunit *test)
{
	struct fixture *f = test->priv;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		unsigned int added = 0, nr = 0;

		random_phyrs(f, 60, SZ_16K);
		random_limits(f);
		while (added < f->nr) {
			int err;

			err = dma_batch_start(&f->batch, f->dev,
					      f->phyrs[added].paddr, 0,
					      DMA_TO_DEVICE, DMA_ATTR_MMIO,
					      GFP_KERNEL, f->vecs + nr, 20);
			KUNIT_ASSERT_EQ(test, err, 0);
			err = dma_batch_add(&f->batch, f->phyrs + added,
					    f->nr - added);
			KUNIT_ASSERT_GT(test, err, 0);
			KUNIT_EXPECT_EQ(test, dma_batch_finish(&f->batch), 0);
			added += err;
			nr += f->batch.nr;
			dma_unmap_phyrs(&f->batch);
		}
		expect_vecs(test, f->vecs, nr);
	}
}

static void phyr_dma_scatterlist(struct kunit *test)
{
	struct fixture *f = test->priv;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		struct scatterlist *sg;
		unsigned int r = 0;
		struct sg_table sgt;
		size_t at = 0;
		int i;

		random_phyrs(f, MAX_PHYRS, SZ_16K);
		random_limits(f);
		KUNIT_ASSERT_EQ(test, sg_map_phyrs(&f->batch, &sgt, f->dev,
						   f->phyrs, f->nr,
						   DMA_FROM_DEVICE,
						   DMA_ATTR_MMIO, GFP_KERNEL),
				0);
		KUNIT_EXPECT_EQ(test, sgt.orig_nents, f->batch.nr);
		KUNIT_EXPECT_EQ(test, sgt.nents, f->batch.nr);
		for_each_sgtable_dma_sg(&sgt, sg, i) {
			KUNIT_EXPECT_NULL(test, sg_page(sg));
			KUNIT_EXPECT_EQ(test, sg->length, sg_dma_len(sg));
			expect_entry(test, (struct dma_vec){
					.addr = sg_dma_address(sg),
					.len = sg_dma_len(sg),
				     }, &r, &at);
		}
		KUNIT_EXPECT_EQ(test, r, f->nr);
		KUNIT_EXPECT_EQ(test, i, f->batch.nr);
		if (round % 2 || IS_ENABLED(CONFIG_DMA_API_DEBUG)) {
			sg_unmap_phyrs(&f->batch, &sgt);
		} else {
			dma_sync_sgtable_for_cpu(f->dev, &sgt, DMA_FROM_DEVICE);
			dma_unmap_sgtable(f->dev, &sgt, DMA_FROM_DEVICE,
					  DMA_ATTR_MMIO);
			sg_free_table(&sgt);
		}
		KUNIT_EXPECT_NULL(test, sgt.sgl);
	}
}

static void phyr_dma_bad_input(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct sg_table sgt;

	random_phyrs(f, 60, SZ_16K);
	f->nr = 10;
	f->phyrs[7].len = 0;
	KUNIT_EXPECT_EQ(test, map(f, MAX_VECS), -EINVAL);
	KUNIT_EXPECT_EQ(test, f->batch.nr, 0);
	/* What has ended may be unmapped. */
	dma_unmap_phyrs(&f->batch);
	KUNIT_EXPECT_EQ(test, sg_map_phyrs(&f->batch, &sgt, f->dev, f->phyrs,
					   f->nr, DMA_TO_DEVICE, DMA_ATTR_MMIO,
					   GFP_KERNEL), -EINVAL);
	f->phyrs[7].paddr = 0;
	KUNIT_EXPECT_EQ(test, sg_map_phyrs(&f->batch, &sgt, f->dev, f->phyrs,
					   f->nr, DMA_TO_DEVICE, DMA_ATTR_MMIO,
					   GFP_KERNEL), -EINVAL);
	KUNIT_EXPECT_EQ(test, dma_phyrs_max_vecs(f->dev, &f->phyrs[7], 1), 0);

	f->nr = 0;
	KUNIT_EXPECT_EQ(test, map(f, MAX_VECS), -EINVAL);
	f->nr = 1;
	KUNIT_EXPECT_EQ(test, dma_map_phyrs(&f->batch, f->dev, f->phyrs, 1,
					    DMA_NONE, 0, GFP_KERNEL, f->vecs, 1),
			-EINVAL);
	f->dev->dma_mask = NULL;
	KUNIT_EXPECT_EQ(test, map(f, MAX_VECS), -EIO);
}

static struct kunit_case phyr_dma_cases[] = {
	KUNIT_CASE(phyr_dma_random),
	KUNIT_CASE(phyr_dma_one_entry_each),
	KUNIT_CASE(phyr_dma_page_borders),
	KUNIT_CASE(phyr_dma_longer_than_u32),
	KUNIT_CASE(phyr_dma_too_small),
	KUNIT_CASE(phyr_dma_batches),
	KUNIT_CASE(phyr_dma_scatterlist),
	KUNIT_CASE(phyr_dma_bad_input),
	{}
};

static struct kunit_suite phyr_dma_suite = {
	.name = "phyr_dma",
	.init = phyr_dma_init,
	.exit = phyr_dma_exit,
	.test_cases = phyr_dma_cases,
};

kunit_test_suite(phyr_dma_suite);

MODULE_DESCRIPTION("KUnit tests for mapping physical ranges");
MODULE_LICENSE("GPL");
