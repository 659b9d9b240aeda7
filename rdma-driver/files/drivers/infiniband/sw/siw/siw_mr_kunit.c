// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of fast registration MRs. They need no device.
 *
 * A scatterlist of fragments is mapped as kernel ULPs do it. For each byte of the
 * MR a lookup must find the byte of the fragments, from wherever it searches.
 */
#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/limits.h>
#include <linux/sizes.h>
#include <rdma/ib_phyr.h>

#include "../frags_kunit.h"
#include "siw.h"
#include "siw_verbs.h"
#include "siw_mem.h"

#define MAX_FRAGS	8
#define BUF_SIZE	SZ_64K
#define BUF_ORDER	get_order(BUF_SIZE)

struct siw_mr_kunit {
	struct siw_device	sdev;
	struct siw_mem		mem;
	struct siw_mr		mr;
	u8			*buf;
};

static int map_frags(struct kunit *test, const struct frag *frags, int nr,
		     unsigned int *sg_offset)
{
	struct siw_mr_kunit *kit = test->priv;
	struct scatterlist sgl[MAX_FRAGS];

	KUNIT_ASSERT_LE(test, nr, MAX_FRAGS);
	frags_to_sgl(sgl, kit->buf, frags, nr);
	return siw_map_mr_sg(&kit->mr.base_mr, sgl, nr, sg_offset);
}

/* Expect to find each byte of the MR, and all that is contiguous with it. */
static void expect_found(struct kunit *test, const struct frag *frags,
			 unsigned int sg_offset)
{
	struct siw_mr_kunit *kit = test->priv;
	u64 length = kit->mr.base_mr.length;
	int from = 0, idx, len, i;
	dma_addr_t addr;
	u64 pos;

	for (pos = 0; pos < length; pos++) {
		/* An index that was found before may be searched from. */
		idx = pos % 3 ? 0 : from;
		addr = siw_pbl_get_buffer(kit->mem.pbl, pos, &len, &idx);
		KUNIT_ASSERT_GT(test, len, 0);
		for (i = 0; i < len; i += 1 + i / 2)
			KUNIT_ASSERT_EQ(test, addr + i,
					(uintptr_t)kit->buf +
						frag_byte(frags, sg_offset +
								 pos + i));
		from = idx;
	}
	KUNIT_EXPECT_EQ(test, 0,
			siw_pbl_get_buffer(kit->mem.pbl, length, &len, NULL));
	KUNIT_EXPECT_EQ(test, 0, len);
}

static void expect_mapped(struct kunit *test, const struct frag *frags, int nr,
			  unsigned int skip, unsigned int entries)
{
	struct siw_mr_kunit *kit = test->priv;
	unsigned int sg_offset = skip;
	u64 total = 0;
	int i;

	for (i = 0; i < nr; i++)
		total += frags[i].len;
	KUNIT_ASSERT_EQ(test, nr, map_frags(test, frags, nr, &sg_offset));
	KUNIT_EXPECT_EQ(test, kit->mem.pbl->num_buf, entries);
	KUNIT_ASSERT_EQ(test, kit->mr.base_mr.length, total - skip);
	KUNIT_EXPECT_EQ(test, kit->mem.len, total - skip);
	KUNIT_EXPECT_EQ(test, kit->mem.va, kit->mr.base_mr.iova);
	expect_found(test, frags, skip);
}

static const struct frag scattered[] = {
	{ 0x5000, 0x1000 }, { 0x1000, 0x1000 }, { 0x3000, 0x1000 },
	{ 0xf000, 0x0010 },
};

static void siw_mr_pages(struct kunit *test)
{
	expect_mapped(test, scattered, 4, 0, 4);
}

static void siw_mr_offset(struct kunit *test)
{
	static const struct frag one = { 0x2345, 0x0678 };

	expect_mapped(test, scattered, 4, 100, 4);
	expect_mapped(test, scattered, 4, 0xfff, 4);
	expect_mapped(test, &one, 1, 0x77, 1);
}

static void siw_mr_touching(struct kunit *test)
{
	static const struct frag frags[] = {
		{ 0x5200, 0x0100 }, { 0x5300, 0x0d00 }, { 0x6000, 0x1800 },
		{ 0x7800, 0x0800 }, { 0x1000, 0x0001 },
	};

	expect_mapped(test, frags, 4, 0, 1);
	expect_mapped(test, frags, 5, 0x10, 2);
}

/* As ib_sg_to_pages() has it */
static void siw_mr_empty_elements(struct kunit *test)
{
	static const struct frag frags[] = {
		{ 0x9000, 0 }, { 0x5000, 0x1000 }, { 0xb000, 0 }, { 0xc123, 0 },
		{ 0x1000, 0x1000 }, { 0x2000, 0x0800 }, { 0x3000, 0 },
	};

	expect_mapped(test, frags, 7, 0, 2);
	/* The offset leaves nothing of the first one. */
	expect_mapped(test, frags + 1, 6, 0x1000, 1);
	KUNIT_EXPECT_EQ(test, -EINVAL, map_frags(test, frags + 2, 2, NULL));
}

static void siw_mr_bad_arguments(struct kunit *test)
{
	unsigned int sg_offset = 0x1001;
	struct siw_mr_kunit *kit = test->priv;

	KUNIT_EXPECT_EQ(test, -EINVAL,
			map_frags(test, scattered, 4, &sg_offset));
	kit->mem.pbl->max_buf = 3;
	KUNIT_EXPECT_EQ(test, -ENOMEM, map_frags(test, scattered, 4, NULL));
	kit->mem.pbl->max_buf = MAX_FRAGS;
}

/* 6 GiB of adjacent memory, at which nobody looks */
static void siw_mr_long_elements(struct kunit *test)
{
	struct siw_mr_kunit *kit = test->priv;
	struct scatterlist sgl[3];
	dma_addr_t addr;
	int i, len;

	sg_init_table(sgl, 3);
	for (i = 0; i < 3; i++) {
		sg_dma_address(&sgl[i]) = SZ_1G + i * (u64)SZ_2G;
		sg_dma_len(&sgl[i]) = SZ_2G;
	}
	KUNIT_ASSERT_EQ(test, 3,
			siw_map_mr_sg(&kit->mr.base_mr, sgl, 3, NULL));
	KUNIT_EXPECT_EQ(test, 3 * (u64)SZ_2G, kit->mem.len);
	for (i = 0; i < 6; i++) {
		u64 pos = i * (u64)SZ_1G + 5;

		addr = siw_pbl_get_buffer(kit->mem.pbl, pos, &len, NULL);
		KUNIT_EXPECT_EQ(test, SZ_1G + pos, addr);
		KUNIT_EXPECT_GT(test, len, 0);
		KUNIT_EXPECT_LE(test, pos + len, kit->mem.len);
	}
}

/* An array of physical ranges becomes a table that can be registered. */
static void siw_mr_phyrs(struct kunit *test)
{
	/* The first two touch, and so become one element. */
	static const struct frag frags[] = {
		{ 0x5200, 0x0e00 }, { 0x6000, 0x2000 }, { 0x1000, 0x3000 },
		{ 0xf000, 0x0123 },
	};
	struct siw_mr_kunit *kit = test->priv;
	struct ib_device *dev = &kit->sdev.base_dev;
	struct phys_vec phyrs[ARRAY_SIZE(frags)];
	struct dma_batch batch;
	struct sg_table sgt;
	int i;

	for (i = 0; i < ARRAY_SIZE(frags); i++)
		phyrs[i] = (struct phys_vec){
			.paddr = virt_to_phys(kit->buf + frags[i].start),
			.len = frags[i].len,
		};
	KUNIT_ASSERT_EQ(test, 0,
			ib_sg_map_phyrs(&batch, &sgt, dev, phyrs,
					ARRAY_SIZE(frags), DMA_BIDIRECTIONAL, 0,
					GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, sgt.nents,
			siw_map_mr_sg(&kit->mr.base_mr, sgt.sgl, sgt.nents,
				      NULL));
	KUNIT_EXPECT_EQ(test, kit->mem.pbl->num_buf, 3);
	KUNIT_EXPECT_EQ(test, 0x5f23, kit->mem.len);
	expect_found(test, frags, 0);
	ib_sg_unmap_phyrs(&batch, &sgt, dev);
}

static int siw_mr_kunit_init(struct kunit *test)
{
	struct siw_mr_kunit *kit;
	struct siw_pbl *pbl;

	kit = kunit_kzalloc(test, sizeof(*kit), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, kit);
	pbl = siw_pbl_alloc(MAX_FRAGS);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pbl);
	test->priv = kit;
	kit->mem.pbl = pbl;
	kit->mem.is_pbl = 1;
	kit->mem.sdev = &kit->sdev;
	kit->mr.mem = &kit->mem;
	kit->mr.base_mr.page_size = SZ_4K;
	kit->buf = (u8 *)__get_free_pages(GFP_KERNEL, BUF_ORDER);
	KUNIT_ASSERT_NOT_NULL(test, kit->buf);
	return 0;
}

static void siw_mr_kunit_exit(struct kunit *test)
{
	struct siw_mr_kunit *kit = test->priv;

	if (!kit)
		return;
	kfree(kit->mem.pbl);
	free_pages((unsigned long)kit->buf, BUF_ORDER);
}

static struct kunit_case siw_mr_cases[] = {
	KUNIT_CASE(siw_mr_pages),
	KUNIT_CASE(siw_mr_offset),
	KUNIT_CASE(siw_mr_touching),
	KUNIT_CASE(siw_mr_empty_elements),
	KUNIT_CASE(siw_mr_bad_arguments),
	KUNIT_CASE(siw_mr_long_elements),
	KUNIT_CASE(siw_mr_phyrs),
	{}
};

static struct kunit_suite siw_mr_suite = {
	.name = "phyr_siw_mr",
	.init = siw_mr_kunit_init,
	.exit = siw_mr_kunit_exit,
	.test_cases = siw_mr_cases,
};

kunit_test_suite(siw_mr_suite);
