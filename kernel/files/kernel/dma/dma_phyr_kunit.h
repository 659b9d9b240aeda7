/* SPDX-License-Identifier: GPL-2.0-only */
/* A device, ranges for it, and what entries must be: of the KUnit tests here */
#ifndef _KERNEL_DMA_PHYR_KUNIT_H
#define _KERNEL_DMA_PHYR_KUNIT_H

#include <kunit/device.h>
#include <kunit/test.h>
#include <linux/dma-direct.h>
#include <linux/dma-phyr.h>
#include <linux/prandom.h>
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
	unsigned long boundary = dma_get_seg_boundary(f->dev);

	/* Not if an entry holds no page, or where DMA addresses must split. */
	if (dma_get_max_seg_size(f->dev) < PAGE_SIZE ||
	    boundary < PAGE_SIZE - 1 || !((vec.addr + vec.len) & boundary))
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

#endif /* _KERNEL_DMA_PHYR_KUNIT_H */
