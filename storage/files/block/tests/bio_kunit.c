// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bios over physical ranges: what merges, and where they are split
 *
 * A split is compared with one that goes by single segments and asks every
 * question of each, as the block layer did when vectors were short.
 */
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/memremap.h>
#include <linux/prandom.h>

#define RANDOM_SEED	0xb10
#define RANDOM_CASES	20000
#define MAX_VECS	6

static struct bio_vec bvec_of(phys_addr_t phys, size_t len)
{
	return (struct bio_vec){ .bv_phys = phys, .bv_len = len };
}

/* Contiguous pages, each a folio of its own. */
static struct page *pages_in_order(struct kunit *test, unsigned int order)
{
	struct page *page = alloc_pages(GFP_KERNEL, order);

	KUNIT_ASSERT_NOT_NULL(test, page);
	split_page(page, order);
	return page;
}

static void free_pages_in_order(struct page *page, unsigned int order)
{
	unsigned int i;

	for (i = 0; i < 1U << order; i++)
		__free_page(page + i);
}

static void bio_merges_where_addresses_meet(struct kunit *test)
{
	struct page *page = pages_in_order(test, 2);
	struct bio_vec vecs[4];
	struct bio bio;

	if (IS_ENABLED(CONFIG_KMSAN))
		kunit_skip(test, "KMSAN merges within pages only");
	bio_init(&bio, NULL, vecs, ARRAY_SIZE(vecs), REQ_OP_READ);
	/* within a page, to the next page and folio, over two of these */
	KUNIT_EXPECT_EQ(test, bio_add_page(&bio, page, 512, 1024), 512);
	KUNIT_EXPECT_EQ(test, bio_add_page(&bio, page, PAGE_SIZE - 1536, 1536),
			PAGE_SIZE - 1536);
	KUNIT_EXPECT_EQ(test, bio_add_page(&bio, page + 1, PAGE_SIZE, 0),
			PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, bio.bi_vcnt, 1);
	KUNIT_EXPECT_EQ(test, vecs[0].bv_phys, page_to_phys(page) + 1024);
	KUNIT_EXPECT_EQ(test, vecs[0].bv_len, 2 * PAGE_SIZE - 1024);
	/* a gap of a byte, and the same byte twice */
	KUNIT_EXPECT_EQ(test, bio_add_page(&bio, page + 2, 511, 1), 511);
	KUNIT_EXPECT_EQ(test, bio.bi_vcnt, 2);
	KUNIT_EXPECT_EQ(test, bio_add_page(&bio, page + 2, 512, 511), 512);
	KUNIT_EXPECT_EQ(test, bio.bi_vcnt, 3);
	KUNIT_EXPECT_EQ(test, bio.bi_iter.bi_size,
			2 * PAGE_SIZE - 1024 + 511 + 512);
	bio_uninit(&bio);
	free_pages_in_order(page, 2);
}

static void bio_size_ends_at_32_bits(struct kunit *test)
{
	struct page *page = pages_in_order(test, 1);
	struct bio_vec vecs[2];
	struct bio bio;

	bio_init(&bio, NULL, vecs, ARRAY_SIZE(vecs), REQ_OP_READ);
	KUNIT_EXPECT_EQ(test, bio_add_page(&bio, page, PAGE_SIZE, 0),
			PAGE_SIZE);
	bio.bi_iter.bi_size = BIO_MAX_SIZE - PAGE_SIZE + 1;
	KUNIT_EXPECT_EQ(test, bio_add_page(&bio, page + 1, PAGE_SIZE, 0), 0);
	bio.bi_iter.bi_size = BIO_MAX_SIZE - PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, bio_add_page(&bio, page + 1, PAGE_SIZE, 0),
			PAGE_SIZE);
	bio_uninit(&bio);
	free_pages_in_order(page, 1);
}

/* Two pages that claim to be memory of devices, each with a pgmap. */
static void bio_merges_no_two_pgmaps(struct kunit *test)
{
#ifdef CONFIG_ZONE_DEVICE
	struct page *page = pages_in_order(test, 1);
	struct dev_pagemap maps[2] = {
		{ .type = MEMORY_DEVICE_GENERIC },
		{ .type = MEMORY_DEVICE_GENERIC },
	};
	enum zone_type zone = page_zonenum(page);
	struct list_head lru[2];
	struct bio_vec vecs[2];
	struct bio bio;
	unsigned int same, i;

	for (same = 0; same < 2; same++) {
		bio_init(&bio, NULL, vecs, ARRAY_SIZE(vecs), REQ_OP_READ);
		for (i = 0; i < 2; i++) {
			lru[i] = page[i].lru;
			set_page_zone(page + i, ZONE_DEVICE);
			page_folio(page + i)->pgmap = &maps[same ? 0 : i];
		}
		KUNIT_EXPECT_EQ(test, bio_add_page(&bio, page, PAGE_SIZE, 0),
				PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, bio_add_page(&bio, page + 1, PAGE_SIZE,
						   0), PAGE_SIZE);
		for (i = 0; i < 2; i++) {
			set_page_zone(page + i, zone);
			page[i].lru = lru[i];
		}
		if (!IS_ENABLED(CONFIG_KMSAN))
			KUNIT_EXPECT_EQ(test, bio.bi_vcnt, same ? 1 : 2);
		bio_uninit(&bio);
	}
	free_pages_in_order(page, 1);
#else
	kunit_skip(test, "no memory of devices");
#endif
}

/* A vector goes from folio to folio, by address. */
static void bio_folios_follow_each_other(struct kunit *test)
{
	struct page *page = pages_in_order(test, 2);
	struct bio_vec vecs[1];
	struct folio_iter fi;
	unsigned int nr = 0;
	size_t sum = 0;
	struct bio bio;

	bio_init(&bio, NULL, vecs, 1, REQ_OP_READ);
	__bio_add_page(&bio, page, 4 * PAGE_SIZE - 1024, 512);
	bio_for_each_folio_all(fi, &bio) {
		KUNIT_EXPECT_PTR_EQ(test, fi.folio, page_folio(page + nr));
		KUNIT_EXPECT_EQ(test, fi.offset, nr ? 0 : 512);
		KUNIT_EXPECT_EQ(test, fi.length,
				PAGE_SIZE - (nr == 0 || nr == 3 ? 512 : 0));
		sum += fi.length;
		nr++;
	}
	KUNIT_EXPECT_EQ(test, nr, 4);
	KUNIT_EXPECT_EQ(test, sum, 4 * PAGE_SIZE - 1024);
	bio_uninit(&bio);
	free_pages_in_order(page, 2);
}

/* Where bio_split_io_at() has to split: bytes, before they are rounded. */
static unsigned int split_by_segments(const struct bio *bio,
				      const struct queue_limits *lim,
				      unsigned int max_bytes,
				      unsigned int *segs)
{
	phys_addr_t virt = lim->virt_boundary_mask, end = 0;
	unsigned int bytes = 0, left = bio->bi_iter.bi_size;
	unsigned int skip = bio->bi_iter.bi_offset;
	const struct bio_vec *bv = bio->bi_io_vec;

	*segs = 0;
	for (; left; bv++, skip = 0) {
		phys_addr_t phys = bv->bv_phys + skip;
		size_t len = min_t(size_t, bv->bv_len - skip, left);

		left -= len;
		if (*segs && ((phys | end) & virt))
			return bytes;
		end = phys + len;
		while (len) {
			u64 border = (u64)lim->seg_boundary_mask + 1;
			u64 size = min_t(u64, len, lim->max_segment_size);

			if (border)
				size = min(size, border - (phys & (border - 1)));
			size = min_t(u64, size, max_bytes - bytes);
			if (!size || *segs == lim->max_segments)
				return bytes;
			(*segs)++;
			bytes += size;
			phys += size;
			len -= size;
			/* Only the end of a vector may be off the boundary. */
			if (len && (phys & virt))
				return bytes;
		}
	}
	return bytes;
}

static void check_split(struct kunit *test, struct bio *bio,
			const struct queue_limits *lim, unsigned int max_bytes)
{
	unsigned int segs = 0, expected_segs;
	unsigned int expected = split_by_segments(bio, lim, max_bytes,
						  &expected_segs);
	int sectors = bio_split_io_at(bio, lim, &segs, max_bytes, 0);

	if (expected == bio->bi_iter.bi_size) {
		KUNIT_ASSERT_EQ(test, sectors, 0);
		KUNIT_ASSERT_EQ(test, segs, expected_segs);
		return;
	}
	expected = ALIGN_DOWN(expected, lim->logical_block_size);
	if (!expected) {
		KUNIT_ASSERT_EQ(test, sectors, -EINVAL);
		return;
	}
	KUNIT_ASSERT_EQ(test, (unsigned int)sectors, expected >> SECTOR_SHIFT);
	KUNIT_ASSERT_EQ(test, segs, expected_segs);

	/* Who must not wait is told so, in place of a split. */
	bio->bi_opf |= REQ_NOWAIT;
	KUNIT_ASSERT_EQ(test, bio_split_io_at(bio, lim, &segs, max_bytes, 0),
			-EAGAIN);
	bio->bi_opf = REQ_OP_READ | REQ_ATOMIC;
	KUNIT_ASSERT_EQ(test, bio_split_io_at(bio, lim, &segs, max_bytes, 0),
			-EINVAL);
	bio->bi_opf = REQ_OP_READ;
}

static u32 one_of(struct rnd_state *rnd, const u32 *choice, unsigned int nr)
{
	return choice[prandom_u32_state(rnd) % nr];
}

static void bio_splits_as_by_segments(struct kunit *test)
{
	static const u32 seg_masks[] = { SZ_64K - 1, SZ_1M - 1, U32_MAX };
	static const u32 virt_masks[] = { 0, 0, SZ_4K - 1 };
	static const u32 seg_sizes[] = { SZ_4K, SZ_64K, 3 * SZ_4K, U32_MAX };
	static const u32 seg_numbers[] = { 1, 2, 7, 128, U16_MAX };
	static const u32 byte_numbers[] = { SZ_4K, SZ_1M, SZ_8M, 1U << 31,
					    U32_MAX & ~511 };
	static const u32 lengths[] = { 512, SZ_4K, SZ_4K - 512, SZ_64K, SZ_1M,
				       SZ_64M, SZ_64M + 512, SZ_256M };
	struct bio_vec vecs[MAX_VECS];
	struct rnd_state rnd;
	unsigned int i, j;

	prandom_seed_state(&rnd, RANDOM_SEED);
	for (i = 0; i < RANDOM_CASES; i++) {
		struct queue_limits lim = {
			.logical_block_size = 512,
			.dma_alignment = 511,
			.seg_boundary_mask = one_of(&rnd, seg_masks, 3),
			.virt_boundary_mask = one_of(&rnd, virt_masks, 3),
			.max_segment_size = one_of(&rnd, seg_sizes, 4),
			.max_segments = one_of(&rnd, seg_numbers, 5),
		};
		u64 fast = min_t(u64, lim.max_segment_size,
				 (u64)lim.seg_boundary_mask + 1);
		struct bio bio;

		/* as blk_validate_limits() does */
		lim.max_fast_segment_size = min_t(u64, fast, PAGE_SIZE);
		bio_init(&bio, NULL, vecs, MAX_VECS, REQ_OP_READ);
		for (j = 0; j < MAX_VECS; j++) {
			phys_addr_t phys = prandom_u32_state(&rnd) / 2;

			/* half of them near the border of 4 GiB */
			if (sizeof(phys) > sizeof(u32) && (phys & SZ_1M))
				phys = U32_MAX - (phys % SZ_64M);
			vecs[j] = bvec_of(phys & ~511, one_of(&rnd, lengths, 8));
			bio.bi_iter.bi_size += vecs[j].bv_len;
		}
		bio.bi_vcnt = MAX_VECS;
		if (prandom_u32_state(&rnd) % 2) {
			bio.bi_iter.bi_offset = 512 * (prandom_u32_state(&rnd) %
						(vecs[0].bv_len / 512));
			bio.bi_iter.bi_size -= bio.bi_iter.bi_offset;
		}
		check_split(test, &bio, &lim, one_of(&rnd, byte_numbers, 5));
		bio_uninit(&bio);
	}
}

/* Address and length have to be those that the device can take. */
static void bio_split_asks_for_alignment(struct kunit *test)
{
	struct queue_limits lim = {
		.logical_block_size = 512,
		.dma_alignment = 3,
		.seg_boundary_mask = U32_MAX,
		.max_segment_size = SZ_64K,
		.max_segments = 8,
		.max_fast_segment_size = SZ_4K,
	};
	struct bio_vec vecs[2] = { bvec_of(0x1000, 510), bvec_of(0x2002, 2) };
	unsigned int segs;
	struct bio bio;

	bio_init(&bio, NULL, vecs, 2, REQ_OP_READ);
	bio.bi_vcnt = 2;
	bio.bi_iter.bi_size = 512;
	KUNIT_EXPECT_EQ(test, bio_split_io_at(&bio, &lim, &segs, SZ_1M, 1),
			-EINVAL);
	vecs[1].bv_phys = 0x2004;
	KUNIT_EXPECT_EQ(test, bio_split_io_at(&bio, &lim, &segs, SZ_1M, 1), 0);
	KUNIT_EXPECT_EQ(test, segs, 2);
	KUNIT_EXPECT_EQ(test, bio_split_io_at(&bio, &lim, &segs, SZ_1M, 3),
			-EINVAL);
	/* the lowest bit at which the two vectors leave a gap */
	KUNIT_EXPECT_EQ(test, bio.bi_bvec_gap_bit, 2);
	bio_uninit(&bio);
}

static struct kunit_case bio_cases[] = {
	KUNIT_CASE(bio_merges_where_addresses_meet),
	KUNIT_CASE(bio_size_ends_at_32_bits),
	KUNIT_CASE(bio_merges_no_two_pgmaps),
	KUNIT_CASE(bio_folios_follow_each_other),
	KUNIT_CASE(bio_splits_as_by_segments),
	KUNIT_CASE(bio_split_asks_for_alignment),
	{}
};

static struct kunit_suite bio_suite = {
	.name = "phyr_bio",
	.test_cases = bio_cases,
};

kunit_test_suite(bio_suite);

MODULE_DESCRIPTION("KUnit tests for bios over physical ranges");
MODULE_LICENSE("GPL");
