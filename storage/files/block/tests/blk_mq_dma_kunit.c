// SPDX-License-Identifier: GPL-2.0-only
/*
 * The physical ranges of requests. What comes out is compared byte by byte with
 * what went in, as a sum over each page: so that no range may be lost, doubled
 * or moved where arrays, segments and bios end.
 */
#include <kunit/test.h>
#include <kunit/visibility.h>
#include <linux/blk-mq-dma.h>
#include <linux/module.h>
#include "../blk.h"

#define NR_PAGES	128
#define MAX_BIOS	3
#define MAX_VECS	(2 * NR_PAGES)

struct blk_dma_test {
	struct request_queue	q;
	struct request		rq;
	struct bio		bios[MAX_BIOS];
	struct bio_vec		bvecs[MAX_BIOS][NR_PAGES];
	unsigned int		nr_bios;
	phys_addr_t		base;		/* of NR_PAGES pages */
	struct phys_vec		vecs[MAX_VECS];
	unsigned int		nr_vecs;
};

static void free_test_pages(void *pages)
{
	__free_pages(pages, order_base_2(NR_PAGES));
}

static int blk_dma_init(struct kunit *test)
{
	struct blk_dma_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct page *pages = alloc_pages(GFP_KERNEL, order_base_2(NR_PAGES));

	if (pages && kunit_add_action_or_reset(test, free_test_pages, pages))
		pages = NULL;
	if (!t || !pages)
		return -ENOMEM;

	t->base = page_to_phys(pages);
	blk_set_stacking_limits(&t->q.limits);
	t->q.limits.max_segment_size = UINT_MAX;
	t->q.limits.seg_boundary_mask = ULONG_MAX;
	t->rq.q = &t->q;
	test->priv = t;
	return 0;
}

static void add_vec(struct blk_dma_test *t, size_t offset, size_t len)
{
	struct bio *bio = &t->bios[t->nr_bios - 1];

	bvec_set_phys(&bio->bi_io_vec[bio->bi_vcnt++], t->base + offset, len);
	bio->bi_iter.bi_size += len;
}

static struct bio *add_bio(struct blk_dma_test *t)
{
	struct bio *bio = &t->bios[t->nr_bios];

	bio->bi_io_vec = t->bvecs[t->nr_bios];
	if (t->nr_bios)
		t->bios[t->nr_bios - 1].bi_next = bio;
	else
		t->rq.bio = bio;
	t->rq.biotail = bio;
	t->nr_bios++;
	return bio;
}

/* Every second page, so that no two meet; from the last to the first. */
static void add_scattered(struct blk_dma_test *t, unsigned int nr)
{
	for (; nr; nr--)
		add_vec(t, 2 * (nr - 1) * PAGE_SIZE % (NR_PAGES * PAGE_SIZE),
			PAGE_SIZE);
}

static void map(struct blk_dma_test *t)
{
	t->nr_vecs = blk_rq_map_phyrs(&t->rq, t->vecs, MAX_VECS);
}

/* The same through the array that is linked behind an IOMMU. */
static void gather(struct kunit *test, struct blk_dma_test *t)
{
	struct phys_vec vecs[BLK_DMA_LINK_VECS];
	struct blk_map_iter iter = {};
	unsigned int nr, i;
	size_t len;

	if (t->rq.bio) {
		iter.bio = t->rq.bio;
		iter.bvecs = iter.bio->bi_io_vec;
		iter.iter = iter.bio->bi_iter;
	}
	nr = blk_map_iter_next(&t->rq, &iter, &vecs[0]);
	t->nr_vecs = 0;
	for (;; nr = 0) {
		nr = blk_dma_gather(&t->rq, &iter, vecs, nr, &len);
		for (i = 0; i < nr; i++) {
			len -= vecs[i].len;
			t->vecs[t->nr_vecs++] = vecs[i];
		}
		KUNIT_EXPECT_EQ(test, len, 0);
		if (nr < BLK_DMA_LINK_VECS)
			break;
	}
}

/* The bytes are those of the bios, in their order. */
static void expect_bytes(struct kunit *test, struct blk_dma_test *t)
{
	const struct phys_vec *vec = t->vecs, *end = t->vecs + t->nr_vecs;
	struct req_iterator iter;
	struct bio_vec bv;
	size_t skip = 0;

	if (!t->rq.bio)
		return;
	rq_for_each_bvec(bv, (&t->rq), iter) {
		phys_addr_t phys = bv.bv_phys;
		size_t len = bv.bv_len, part;

		for (; len; phys += part, len -= part) {
			KUNIT_ASSERT_TRUE(test, vec < end);
			part = min(len, vec->len - skip);
			KUNIT_ASSERT_GT(test, part, 0);
			KUNIT_ASSERT_EQ(test, vec->paddr + skip, phys);
			skip += part;
			if (skip == vec->len) {
				vec++;
				skip = 0;
			}
		}
	}
	KUNIT_EXPECT_EQ(test, end - vec, 0);
	KUNIT_EXPECT_EQ(test, skip, 0);
}

static void expect_mapped(struct kunit *test, unsigned int nr)
{
	struct blk_dma_test *t = test->priv;

	map(t);
	KUNIT_EXPECT_EQ(test, t->nr_vecs, nr);
	expect_bytes(test, t);
	gather(test, t);
	KUNIT_EXPECT_EQ(test, t->nr_vecs, nr);
	expect_bytes(test, t);
}

static void blk_dma_empty(struct kunit *test)
{
	expect_mapped(test, 0);
}

/* Around the borders of the array that is linked at once. */
static void blk_dma_array(struct kunit *test)
{
	static const unsigned int numbers[] = {
		1, 2, BLK_DMA_LINK_VECS - 1, BLK_DMA_LINK_VECS,
		BLK_DMA_LINK_VECS + 1, 2 * BLK_DMA_LINK_VECS - 1,
		2 * BLK_DMA_LINK_VECS,
	};
	struct blk_dma_test *t = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		t->nr_bios = 0;
		memset(t->bios, 0, sizeof(t->bios));
		add_bio(t);
		add_scattered(t, numbers[i]);
		expect_mapped(test, numbers[i]);
	}
}

/* An array that is too small gets the first ranges, and no more. */
static void blk_dma_small_array(struct kunit *test)
{
	struct blk_dma_test *t = test->priv;
	const struct phys_vec untouched = { 1, 2 };

	add_bio(t);
	add_scattered(t, 5);
	t->vecs[3] = untouched;
	KUNIT_EXPECT_EQ(test, blk_rq_map_phyrs(&t->rq, t->vecs, 3), 3);
	KUNIT_EXPECT_MEMEQ(test, &t->vecs[3], &untouched, sizeof(untouched));
	KUNIT_EXPECT_EQ(test, t->vecs[2].paddr, t->bvecs[0][2].bv_phys);
	KUNIT_EXPECT_EQ(test, blk_rq_map_phyrs(&t->rq, t->vecs, 0), 0);
}

/* A request that begins and ends within its ranges */
static void blk_dma_part(struct kunit *test)
{
	struct blk_dma_test *t = test->priv;
	struct bio *bio = add_bio(t);

	add_vec(t, 512, 8 * PAGE_SIZE);
	add_vec(t, 40 * PAGE_SIZE, 8 * PAGE_SIZE);
	bio->bi_iter.bi_offset = 3 * PAGE_SIZE + 1024;
	bio->bi_iter.bi_size = 8 * PAGE_SIZE;
	expect_mapped(test, 2);
	bio->bi_iter.bi_size = 512;
	expect_mapped(test, 1);
	bio->bi_iter.bi_idx = 1;
	bio->bi_iter.bi_offset = 0;
	expect_mapped(test, 1);
}

static void cut(struct bio *bio, unsigned int offset, unsigned int size)
{
	bio->bi_iter.bi_offset = offset;
	bio->bi_iter.bi_size = size;
}

/* A vector is a range as it is, unless one thing or the other is not so. */
static void blk_dma_alone(struct kunit *test)
{
	struct blk_dma_test *t = test->priv;
	struct bio *bio = add_bio(t);

	add_vec(t, 0, 2 * PAGE_SIZE);
	add_vec(t, 4 * PAGE_SIZE, PAGE_SIZE);
	expect_mapped(test, 2);

	/* It begins or ends within it, or it is the last. */
	cut(bio, 512, 3 * PAGE_SIZE - 512);
	expect_mapped(test, 2);
	cut(bio, 0, PAGE_SIZE);
	expect_mapped(test, 1);
	cut(bio, 0, 2 * PAGE_SIZE);
	expect_mapped(test, 1);
	cut(bio, 0, 2 * PAGE_SIZE + 512);
	expect_mapped(test, 2);

	/* It is longer than a segment, or not within the borders of one. */
	cut(bio, 0, 3 * PAGE_SIZE);
	t->q.limits.max_segment_size = PAGE_SIZE;
	expect_mapped(test, 3);
	t->q.limits.max_segment_size = UINT_MAX;
	t->q.limits.seg_boundary_mask = PAGE_SIZE - 1;
	expect_mapped(test, 3);
	t->q.limits.seg_boundary_mask = ULONG_MAX;

	/* It meets the next. */
	bvec_set_phys(&bio->bi_io_vec[1], t->base + 2 * PAGE_SIZE, PAGE_SIZE);
	expect_mapped(test, 1);
}

static void blk_dma_segment_size(struct kunit *test)
{
	struct blk_dma_test *t = test->priv;

	t->q.limits.max_segment_size = 3 * PAGE_SIZE;
	add_bio(t);
	add_vec(t, 512, 9 * PAGE_SIZE);
	expect_mapped(test, 3);
	add_vec(t, 20 * PAGE_SIZE, 3 * PAGE_SIZE + 512);
	expect_mapped(test, 5);
	KUNIT_EXPECT_EQ(test, t->vecs[4].len, 512);
}

static void blk_dma_segment_boundary(struct kunit *test)
{
	struct blk_dma_test *t = test->priv;

	t->q.limits.seg_boundary_mask = 4 * PAGE_SIZE - 1;
	add_bio(t);
	add_vec(t, 3 * PAGE_SIZE, 6 * PAGE_SIZE);
	expect_mapped(test, 3);
	KUNIT_EXPECT_EQ(test, t->vecs[0].len, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, t->vecs[1].len, 4 * PAGE_SIZE);
}

/* Bios that meet become one range, as far as a segment goes. */
static void blk_dma_merge(struct kunit *test)
{
	struct blk_dma_test *t = test->priv;

	add_bio(t);
	add_vec(t, 0, 2 * PAGE_SIZE);
	add_bio(t);
	add_vec(t, 2 * PAGE_SIZE, PAGE_SIZE);
	add_bio(t);
	add_vec(t, 3 * PAGE_SIZE, PAGE_SIZE);
	add_vec(t, 9 * PAGE_SIZE, PAGE_SIZE);
	expect_mapped(test, 2);
	t->q.limits.max_segment_size = 3 * PAGE_SIZE;
	expect_mapped(test, 3);
	t->q.limits.max_segment_size = UINT_MAX;
	t->q.limits.seg_boundary_mask = 2 * PAGE_SIZE - 1;
	expect_mapped(test, 3);
}

/* Bios that do not meet, the border of the array between them */
static void blk_dma_bios(struct kunit *test)
{
	struct blk_dma_test *t = test->priv;

	add_bio(t);
	add_scattered(t, BLK_DMA_LINK_VECS);
	add_bio(t);
	add_scattered(t, 1);
	expect_mapped(test, BLK_DMA_LINK_VECS + 1);
	add_bio(t);
	add_scattered(t, 2 * BLK_DMA_LINK_VECS - 1);
	expect_mapped(test, 3 * BLK_DMA_LINK_VECS);
}

static void blk_dma_special_payload(struct kunit *test)
{
	struct blk_dma_test *t = test->priv;

	add_bio(t);
	add_scattered(t, 3);
	bvec_set_phys(&t->rq.special_vec, t->base + 512, 48);
	t->rq.rq_flags |= RQF_SPECIAL_PAYLOAD;
	map(t);
	KUNIT_EXPECT_EQ(test, t->nr_vecs, 1);
	KUNIT_EXPECT_EQ(test, t->vecs[0].paddr, t->base + 512);
	KUNIT_EXPECT_EQ(test, t->vecs[0].len, 48);
}

/* The lowest bit in which there is a gap, counted from 1, and all above it. */
static void blk_dma_gap_mask(struct kunit *test)
{
	struct blk_dma_test *t = test->priv;
	unsigned int bit;

	KUNIT_EXPECT_EQ(test, req_phys_gap_mask(&t->rq), 0);
	for (bit = 1; bit <= 32; bit++) {
		t->rq.phys_gap_bit = bit;
		KUNIT_EXPECT_EQ(test, req_phys_gap_mask(&t->rq),
				ULONG_MAX << (bit - 1));
	}
}

static struct kunit_case blk_dma_cases[] = {
	KUNIT_CASE(blk_dma_empty),
	KUNIT_CASE(blk_dma_array),
	KUNIT_CASE(blk_dma_small_array),
	KUNIT_CASE(blk_dma_part),
	KUNIT_CASE(blk_dma_alone),
	KUNIT_CASE(blk_dma_segment_size),
	KUNIT_CASE(blk_dma_segment_boundary),
	KUNIT_CASE(blk_dma_merge),
	KUNIT_CASE(blk_dma_bios),
	KUNIT_CASE(blk_dma_special_payload),
	KUNIT_CASE(blk_dma_gap_mask),
	{}
};

static struct kunit_suite blk_dma_suite = {
	.name = "phyr_blk_dma",
	.init = blk_dma_init,
	.test_cases = blk_dma_cases,
};

kunit_test_suite(blk_dma_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit tests for the physical ranges of requests");
MODULE_LICENSE("GPL");
