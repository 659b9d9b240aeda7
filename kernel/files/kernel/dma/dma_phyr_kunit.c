// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entries are compared with the bytes of the ranges, one after the other, for
 * random ranges, segment sizes and boundaries. The device has no IOMMU and the
 * memory no struct page (DMA_ATTR_MMIO), so that a DMA address says which
 * physical one it came from and any address will do. What an IOMMU and bounce
 * buffers make of it is for a test with a device that transfers.
 */
#include <kunit/device.h>
#include <kunit/test.h>
#include <linux/dma-direct.h>
#include <linux/dma-phyr.h>
#include <linux/memremap.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/swiotlb.h>

#define MAX_PHYRS	300
#define MAX_VECS	8192
#define ROUNDS		300

struct fixture {
	struct device			*dev;
	struct device_dma_parameters	parms;
	u64				mask;
	struct rnd_state		rnd;
	unsigned int			nr;
	struct phys_vec			phyrs[MAX_PHYRS];
	struct dma_vec			vecs[MAX_VECS];
	struct dma_batch		batch;
};

static int phyr_dma_init(struct kunit *test)
{
	struct fixture *f;

	f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	if (!f)
		return -ENOMEM;
	f->dev = kunit_device_register(test, "phyr_dma");
	if (IS_ERR(f->dev))
		return PTR_ERR(f->dev);
	if (is_swiotlb_force_bounce(f->dev))
		kunit_skip(test, "all memory is bounced, which MMIO cannot be");
	f->mask = DMA_BIT_MASK(64);
	f->dev->dma_mask = &f->mask;
	f->dev->coherent_dma_mask = f->mask;
	f->dev->dma_parms = &f->parms;
	prandom_seed_state(&f->rnd, 2026);
	test->priv = f;
	return 0;
}

static void phyr_dma_exit(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	f->dev->dma_mask = NULL;
	f->dev->dma_parms = NULL;
	f->dev->dma_range_map = NULL;
	f->dev->bus_dma_limit = 0;
}

static u32 roll(struct fixture *f, u32 sides)
{
	return prandom_u32_state(&f->rnd) % sides;
}

/* Ascending, behind all RAM, with gaps that keep them from touching. */
static void random_phyrs(struct fixture *f, unsigned int max_nr, u32 max_len)
{
	phys_addr_t at = BIT_ULL(40) + roll(f, SZ_1M);
	unsigned int i;

	f->nr = 1 + roll(f, max_nr);
	for (i = 0; i < f->nr; i++) {
		f->phyrs[i] = (struct phys_vec){ at, 1 + roll(f, max_len) };
		at += f->phyrs[i].len + SZ_4K + roll(f, SZ_64K);
	}
}

static void random_limits(struct fixture *f)
{
	f->parms.max_segment_size = roll(f, 2) ? SZ_4K + roll(f, SZ_64K) :
						 UINT_MAX;
	f->parms.segment_boundary_mask =
		roll(f, 2) ? ((unsigned long)SZ_4K << roll(f, 6)) - 1 : 0;
}

/* Devices with lists of pages need that ranges are split where pages begin. */
static void expect_page_border(struct kunit *test, struct dma_vec vec,
			       phys_addr_t end)
{
	struct fixture *f = test->priv;

	/* Not if an entry holds no page, or where DMA addresses must split. */
	if (dma_get_max_seg_size(f->dev) < PAGE_SIZE ||
	    !((vec.addr + vec.len) & dma_get_seg_boundary(f->dev)))
		return;
	KUNIT_EXPECT_EQ(test, offset_in_page(end), 0);
}

/* Begins at byte @at of range @r; steps both over the entry. */
static void expect_entry(struct kunit *test, struct dma_vec vec,
			 unsigned int *r, size_t *at)
{
	struct fixture *f = test->priv;
	unsigned long boundary = dma_get_seg_boundary(f->dev);
	phys_addr_t phys = f->phyrs[*r].paddr + *at;

	KUNIT_ASSERT_LT(test, *r, f->nr);
	KUNIT_EXPECT_EQ(test, vec.addr, phys_to_dma(f->dev, phys));
	KUNIT_EXPECT_LE(test, vec.len, dma_get_max_seg_size(f->dev));
	KUNIT_EXPECT_EQ(test, vec.addr & ~boundary,
			(vec.addr + vec.len - 1) & ~boundary);
	*at += vec.len;
	KUNIT_ASSERT_NE(test, vec.len, 0);
	KUNIT_ASSERT_LE(test, *at, f->phyrs[*r].len);
	if (*at == f->phyrs[*r].len) {
		(*r)++;
		*at = 0;
	} else {
		expect_page_border(test, vec, phys + vec.len);
	}
}

static void expect_vecs(struct kunit *test, const struct dma_vec *vecs,
			unsigned int nr)
{
	struct fixture *f = test->priv;
	unsigned int i, r = 0;
	size_t at = 0;

	for (i = 0; i < nr; i++)
		expect_entry(test, vecs[i], &r, &at);
	KUNIT_EXPECT_EQ(test, r, f->nr);
}

static int map(struct fixture *f, unsigned int max)
{
	return dma_map_phyrs(&f->batch, f->dev, f->phyrs, f->nr,
			     DMA_BIDIRECTIONAL, DMA_ATTR_MMIO, GFP_KERNEL,
			     f->vecs, max);
}

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
	KUNIT_CASE(phyr_dma_translated),
	KUNIT_CASE(phyr_dma_reach),
	KUNIT_CASE(phyr_dma_reach_is_not_bounced),
	KUNIT_CASE(phyr_dma_one_entry_each),
	KUNIT_CASE(phyr_dma_page_borders),
	KUNIT_CASE(phyr_dma_longer_than_u32),
	KUNIT_CASE(phyr_dma_too_small),
	KUNIT_CASE(phyr_dma_batches),
	KUNIT_CASE(phyr_dma_scatterlist),
	KUNIT_CASE(phyr_dma_peer_memory),
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
