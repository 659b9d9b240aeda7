// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where DMA addresses are not the physical ones, and what a device does not
 * reach
 */
#include <kunit/test.h>
#include <linux/dma-direct.h>
#include <linux/dma-phyr.h>
#include <linux/dma-translation.h>
#include <linux/memremap.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/swiotlb.h>

#include "dma_phyr_kunit.h"

/*
 * DMA addresses whose boundaries lie elsewhere than in physical memory; where
 * there is a choice, each of the two splits.
 */
static void phyr_dma_translated(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct bus_dma_region *region;
	int round;

	region = kunit_kcalloc(test, 2, sizeof(*region), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, region);
	region->cpu_start = BIT_ULL(40);
	region->size = BIT_ULL(40);
	f->dev->dma_range_map = region;
	for (round = 0; round < ROUNDS; round++) {
		size_t max;

		region->dma_start = BIT_ULL(39) + roll(f, 64) * SZ_512;
		random_phyrs(f, 60, SZ_64K);
		random_limits(f);
		max = dma_phyrs_max_vecs(f->dev, f->phyrs, f->nr);
		KUNIT_ASSERT_LE(test, max, MAX_VECS);
		KUNIT_ASSERT_EQ(test, map(f, max), 0);
		expect_vecs(test, f->vecs, f->batch.nr);
		dma_unmap_phyrs(&f->batch);
	}

	/* What has no DMA address is counted as if it were bounced. */
	region->cpu_start = BIT_ULL(41);
	random_phyrs(f, 60, SZ_64K);
	f->parms.segment_boundary_mask = SZ_4K - 1;
	KUNIT_EXPECT_LE(test, dma_phyrs_max_vecs(f->dev, f->phyrs, f->nr),
			f->nr * (2 + SZ_64K / SZ_2K));
}

/* Up to the last byte that the device or its bus reaches, and not beyond. */
static void phyr_dma_reach(struct kunit *test)
{
	struct fixture *f = test->priv;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		unsigned int bits = 41 + roll(f, 23);
		u64 last = DMA_BIT_MASK(bits);
		u64 beyond = roll(f, 3);

		f->mask = round % 2 ? last : DMA_BIT_MASK(64);
		f->dev->bus_dma_limit = round % 2 ? 0 : last;
		random_phyrs(f, 1, SZ_64K);
		f->nr = 3;
		f->phyrs[1] = f->phyrs[0];
		f->phyrs[2] = f->phyrs[0];
		f->phyrs[1].paddr = last - f->phyrs[1].len + 1 + beyond;
		kunit_warning_suppress(test)
			KUNIT_ASSERT_EQ(test, map(f, 3), beyond ? -EIO : 0);
		KUNIT_ASSERT_EQ(test, f->batch.nr, beyond ? 0 : 3);
		if (!beyond)
			expect_vecs(test, f->vecs, 3);
		dma_unmap_phyrs(&f->batch);
	}

	/* All addresses but the last one, which stands for an error. */
	f->mask = DMA_BIT_MASK(64);
	f->dev->bus_dma_limit = 0;
	f->phyrs[1] = (struct phys_vec){ -SZ_4K, SZ_4K };
	KUNIT_ASSERT_EQ(test, map(f, 3), 0);
	expect_vecs(test, f->vecs, 3);
	dma_unmap_phyrs(&f->batch);
}

/*
 * A device that does not reach all memory, where bounce buffers are to be had:
 * their size is no limit for what it does reach.
 */
static void phyr_dma_reach_is_not_bounced(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct page *page;

	if (!is_swiotlb_active(f->dev))
		kunit_skip(test, "no bounce buffers");
	page = alloc_pages(GFP_KERNEL | GFP_DMA32, get_order(SZ_1M));
	KUNIT_ASSERT_NOT_NULL(test, page);
	f->mask = DMA_BIT_MASK(32);
	f->nr = 1;
	f->phyrs[0] = (struct phys_vec){ page_to_phys(page) + SZ_2K,
					 SZ_1M - SZ_4K };
	f->parms.max_segment_size = UINT_MAX;
	KUNIT_EXPECT_EQ(test, dma_phyrs_max_vecs(f->dev, f->phyrs, 1), 1);
	KUNIT_EXPECT_EQ(test, dma_map_phyrs(&f->batch, f->dev, f->phyrs, 1,
					    DMA_TO_DEVICE, 0, GFP_KERNEL,
					    f->vecs, 1), 0);
	expect_vecs(test, f->vecs, f->batch.nr);
	dma_unmap_phyrs(&f->batch);

	f->parms.max_segment_size = SZ_512K;
	KUNIT_EXPECT_EQ(test, dma_phyrs_max_vecs(f->dev, f->phyrs, 1), 2);
	KUNIT_EXPECT_EQ(test, dma_map_phyrs(&f->batch, f->dev, f->phyrs, 1,
					    DMA_TO_DEVICE, 0, GFP_KERNEL,
					    f->vecs, 2), 0);
	expect_vecs(test, f->vecs, f->batch.nr);
	dma_unmap_phyrs(&f->batch);
	__free_pages(page, get_order(SZ_1M));
}

/*
 * What is translated has the address that dma_map_phys() gives it, up to the last
 * byte that the device reaches.
 */
static void phyr_dma_translate(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct bus_dma_region none = {};
	struct dma_translation t;
	dma_addr_t addr, mapped;
	phys_addr_t phys;
	struct page *page;
	int round;

	dma_get_translation(f->dev, &t);
	if (!t.end)
		kunit_skip(test, "nothing is only translated");
	page = alloc_page(GFP_KERNEL | GFP_DMA32);
	KUNIT_ASSERT_NOT_NULL(test, page);
	phys = page_to_phys(page) + 512;
	for (round = 0; round < ROUNDS; round++) {
		u64 last = DMA_BIT_MASK(41 + roll(f, 23));

		f->mask = round % 2 ? last : DMA_BIT_MASK(64);
		f->dev->bus_dma_limit = round % 2 ? 0 : last;
		dma_get_translation(f->dev, &t);
		KUNIT_ASSERT_EQ(test, t.end + t.offset, last + 1);

		KUNIT_ASSERT_TRUE(test, dma_translate(&t, phys, 512, &addr));
		mapped = dma_map_phys(f->dev, phys, 512, DMA_TO_DEVICE, 0);
		KUNIT_EXPECT_EQ(test, addr, mapped);
		dma_unmap_phys(f->dev, mapped, 512, DMA_TO_DEVICE, 0);

		KUNIT_EXPECT_TRUE(test, dma_translate(&t, t.end - 512, 512,
						      &addr));
		KUNIT_EXPECT_EQ(test, addr, last - 511);
		KUNIT_EXPECT_FALSE(test, dma_translate(&t, t.end - 512, 513,
						       &addr));
		KUNIT_EXPECT_FALSE(test, dma_translate(&t, t.end, 1, &addr));
		KUNIT_EXPECT_FALSE(test, dma_translate(&t, 0, SIZE_MAX, &addr));
	}
	__free_page(page);

	f->dev->dma_range_map = &none;
	dma_get_translation(f->dev, &t);
	KUNIT_EXPECT_EQ(test, t.end, 0);
	KUNIT_EXPECT_FALSE(test, dma_translate(&t, phys, 512, &addr));
	f->dev->dma_range_map = NULL;
	f->dev->dma_mask = NULL;
	dma_get_translation(f->dev, &t);
	KUNIT_EXPECT_EQ(test, t.end, 0);
}

/* Memory of a peer device may have bus addresses: it is not mapped as RAM. */
static void phyr_dma_peer_memory(struct kunit *test)
{
#ifdef CONFIG_PCI_P2PDMA
	struct fixture *f = test->priv;
	struct dev_pagemap *pgmap;
	struct sg_table sgt;
	struct page *page;

	page = alloc_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	pgmap = kunit_kzalloc(test, sizeof(*pgmap), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pgmap);
	/* Nobody touches it. */
	pgmap->type = MEMORY_DEVICE_PCI_P2PDMA;
	pgmap->range.start = BIT_ULL(38);
	pgmap->range.end = BIT_ULL(38) + SZ_128M - 1;
	pgmap->nr_range = 1;
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, memremap_pages(pgmap, 0));

	f->nr = 2;
	f->phyrs[0] = (struct phys_vec){ page_to_phys(page), PAGE_SIZE };
	f->phyrs[1] = (struct phys_vec){ BIT_ULL(38) + SZ_2M, SZ_64K };
	KUNIT_EXPECT_EQ(test, dma_map_phyrs(&f->batch, f->dev, f->phyrs, f->nr,
					    DMA_TO_DEVICE, 0, GFP_KERNEL,
					    f->vecs, MAX_VECS), -EREMOTEIO);
	KUNIT_EXPECT_EQ(test, f->batch.nr, 0);
	KUNIT_EXPECT_EQ(test, sg_map_phyrs(&f->batch, &sgt, f->dev, f->phyrs,
					   f->nr, DMA_TO_DEVICE, 0,
					   GFP_KERNEL), -EREMOTEIO);
	memunmap_pages(pgmap);
	__free_page(page);
#else
	kunit_skip(test, "no CONFIG_PCI_P2PDMA");
#endif
}

static struct kunit_case phyr_dma_reach_cases[] = {
	KUNIT_CASE(phyr_dma_translated),
	KUNIT_CASE(phyr_dma_reach),
	KUNIT_CASE(phyr_dma_reach_is_not_bounced),
	KUNIT_CASE(phyr_dma_translate),
	KUNIT_CASE(phyr_dma_peer_memory),
	{}
};

static struct kunit_suite phyr_dma_reach_suite = {
	.name = "phyr_dma_reach",
	.init = phyr_dma_init,
	.exit = phyr_dma_exit,
	.test_cases = phyr_dma_reach_cases,
};

kunit_test_suite(phyr_dma_reach_suite);

MODULE_DESCRIPTION("KUnit tests for what a device reaches");
MODULE_LICENSE("GPL");
