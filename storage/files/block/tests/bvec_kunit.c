// SPDX-License-Identifier: GPL-2.0-only
/*
 * bvecs as physical ranges: what iterators yield of them
 *
 * A walk of a vector is arithmetic with its address and length. So most tests
 * are of ranges that no memory is at, up to and beyond the borders of 32 bits.
 * They look at properties that any correct walk has: its pieces follow each
 * other without a gap, stay in one page if they have to, and add up.
 */
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/bvec.h>
#include <linux/prandom.h>
#include <linux/uio.h>

#define RANDOM_SEED	0x7091
#define RANDOM_CASES	2000

static struct bio_vec bvec_of(phys_addr_t phys, size_t len)
{
	return (struct bio_vec){ .bv_phys = phys, .bv_len = len };
}

/* A page that is really there may be given by any page before it. */
static void bvec_names_its_first_byte(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);
	struct bio_vec bv;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, page);
	for (i = 0; i < 4; i++) {
		bvec_set_page(&bv, page, 512, i * PAGE_SIZE + 1024);
		KUNIT_EXPECT_PTR_EQ(test, bvec_page(&bv), page + i);
		KUNIT_EXPECT_EQ(test, bvec_offset(&bv), 1024);
		KUNIT_EXPECT_EQ(test, bvec_phys(&bv),
				page_to_phys(page + i) + 1024);
		KUNIT_EXPECT_PTR_EQ(test, bvec_phyrs(&bv),
				    (struct phys_vec *)&bv);
		KUNIT_EXPECT_EQ(test, bvec_phyrs(&bv)->paddr, bv.bv_phys);
		KUNIT_EXPECT_EQ(test, bvec_phyrs(&bv)->len, 512);
	}

	if (!PageHighMem(page)) {
		struct bio_vec by_virt;

		bvec_set_page(&bv, page, 100, PAGE_SIZE + 7);
		bvec_set_virt(&by_virt, page_address(page) + PAGE_SIZE + 7,
			      100);
		KUNIT_EXPECT_MEMEQ(test, &bv, &by_virt, sizeof(bv));
		KUNIT_EXPECT_PTR_EQ(test, bvec_virt(&bv),
				    page_address(page) + PAGE_SIZE + 7);
	}
	__free_pages(page, 2);
}

/* Walk @left bytes from @skip on, by pages or by whole vectors. */
static void walk(struct kunit *test, const struct bio_vec *bvecs,
		 unsigned int skip, unsigned int left, bool by_pages)
{
	struct bvec_iter iter = { .bi_size = left, .bi_offset = skip };
	const struct bio_vec *at = bvecs;
	u64 offset = skip, sum = 0;

	while (iter.bi_size) {
		struct bio_vec bv = by_pages ? bvec_iter_bvec(bvecs, iter) :
					       mp_bvec_iter_bvec(bvecs, iter);

		KUNIT_ASSERT_GT(test, bv.bv_len, 0);
		KUNIT_ASSERT_EQ(test, bv.bv_phys, at->bv_phys + offset);
		KUNIT_ASSERT_LE(test, offset + bv.bv_len, at->bv_len);
		if (by_pages)
			KUNIT_ASSERT_LE(test, bvec_offset(&bv) + bv.bv_len,
					PAGE_SIZE);
		sum += bv.bv_len;
		offset += bv.bv_len;
		if (offset == at->bv_len) {
			offset = 0;
			at++;
		}
		bvec_iter_advance_single(bvecs, &iter, bv.bv_len);
		KUNIT_ASSERT_EQ(test, iter.bi_idx, at - bvecs);
		KUNIT_ASSERT_EQ(test, iter.bi_offset, offset);
	}
	KUNIT_EXPECT_EQ(test, sum, left);
}

static void bvec_walk_adds_up(struct kunit *test)
{
	struct rnd_state rnd;
	struct bio_vec bvecs[8];
	unsigned int i, j;

	prandom_seed_state(&rnd, RANDOM_SEED);
	for (i = 0; i < RANDOM_CASES; i++) {
		unsigned int skip, left = 0;

		for (j = 0; j < ARRAY_SIZE(bvecs); j++) {
			bvecs[j] = bvec_of(prandom_u32_state(&rnd) / 2,
					   1 + prandom_u32_state(&rnd) %
					       (5 * PAGE_SIZE));
			left += bvecs[j].bv_len;
		}
		skip = prandom_u32_state(&rnd) % bvecs[0].bv_len;
		left = 1 + prandom_u32_state(&rnd) % (left - skip);
		walk(test, bvecs, skip, left, true);
		walk(test, bvecs, skip, left, false);
	}
}

/* One advance is as good as many. */
static void bvec_advance_is_sum_of_steps(struct kunit *test)
{
	struct bio_vec bvecs[] = {
		bvec_of(0x1200, 0xe00), bvec_of(0x5000, PAGE_SIZE),
		bvec_of(0x9100, 3 * PAGE_SIZE), bvec_of(0x200, 512),
	};
	unsigned int size = 0, done, i;
	struct bvec_iter steps;

	for (i = 0; i < ARRAY_SIZE(bvecs); i++)
		size += bvecs[i].bv_len;
	steps = (struct bvec_iter){ .bi_size = size };
	for (done = 0; done < size; done += 256) {
		struct bvec_iter once = { .bi_size = size };

		KUNIT_ASSERT_TRUE(test, bvec_iter_advance(bvecs, &once, done));
		KUNIT_ASSERT_EQ(test, once.bi_idx, steps.bi_idx);
		KUNIT_ASSERT_EQ(test, once.bi_offset, steps.bi_offset);
		KUNIT_ASSERT_EQ(test, once.bi_size, steps.bi_size);
		bvec_iter_advance(bvecs, &steps, 256);
	}
}

/* Entries of 4 GiB and more, which only 64 bits can say. */
static void bvec_iter_ends_at_4g(struct kunit *test)
{
#ifdef CONFIG_64BIT
	const struct bio_vec bvecs[] = {
		bvec_of(SZ_4G - PAGE_SIZE, SZ_4G), bvec_of(SZ_1M, SZ_8G),
	};
	struct bvec_iter iter = {
		.bi_size = 2 * PAGE_SIZE, .bi_offset = SZ_4G - PAGE_SIZE,
	};
	struct bvec_iter far = { .bi_size = U32_MAX };

	/* The end of the first entry is where bi_offset would be 2^32. */
	walk(test, bvecs, SZ_4G - PAGE_SIZE, 2 * PAGE_SIZE, true);
	walk(test, bvecs, SZ_4G - PAGE_SIZE, 2 * PAGE_SIZE, false);
	KUNIT_ASSERT_TRUE(test, bvec_iter_advance(bvecs, &iter, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, iter.bi_idx, 1);
	KUNIT_EXPECT_EQ(test, iter.bi_offset, 0);
	KUNIT_EXPECT_EQ(test, mp_bvec_iter_phys(bvecs, iter), SZ_1M);

	/* 2^32 - 1 bytes behind an offset, into the next entry. */
	far.bi_offset = SZ_1G;
	KUNIT_ASSERT_TRUE(test, bvec_iter_advance(bvecs, &far,
						  3U * SZ_1G + PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, far.bi_idx, 1);
	KUNIT_EXPECT_EQ(test, far.bi_offset, PAGE_SIZE);

	/* Of an entry of 8 GiB an iterator sees what is left of itself. */
	iter = (struct bvec_iter){ .bi_size = U32_MAX, .bi_idx = 1 };
	KUNIT_EXPECT_EQ(test, mp_bvec_iter_len(bvecs, iter), U32_MAX);
	KUNIT_EXPECT_EQ(test, bvec_iter_len(bvecs, iter), PAGE_SIZE);
#else
	kunit_skip(test, "lengths have 32 bits");
#endif
}

/* The walk of bio_for_each_segment_all(). */
static void bvec_advance_by_pages(struct kunit *test)
{
	const struct bio_vec bvecs[] = {
		bvec_of(0x12e00, 512), bvec_of(0x20a00, 3 * PAGE_SIZE),
		bvec_of(0x40000, 2 * PAGE_SIZE),
	};
	struct bvec_iter_all all;
	struct bio_vec *bv = bvec_init_iter_all(&all);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bvecs); i++) {
		size_t done = 0;

		do {
			KUNIT_ASSERT_EQ(test, all.idx, i);
			bvec_advance(&bvecs[i], &all);
			KUNIT_ASSERT_EQ(test, bv->bv_phys,
					bvecs[i].bv_phys + done);
			KUNIT_ASSERT_LE(test, bvec_offset(bv) + bv->bv_len,
					PAGE_SIZE);
			done += bv->bv_len;
		} while (all.done);
		KUNIT_EXPECT_EQ(test, done, bvecs[i].bv_len);
	}
}

/* A bio takes the vectors of an iterator, from any place in them. */
static void bio_takes_vectors_from_any_place(struct kunit *test)
{
#ifdef CONFIG_64BIT
	const struct bio_vec bvecs[] = {
		bvec_of(SZ_1G, SZ_8G), bvec_of(SZ_1M, 3 * PAGE_SIZE),
		bvec_of(SZ_2M, SZ_8G),
	};
	static const size_t places[] = {
		0, 512, SZ_2G - 1, SZ_2G, SZ_4G - 512, SZ_4G, SZ_8G - 512,
	};
	struct bio_vec own[4];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		struct iov_iter iter;
		struct bio_vec bv;
		struct bio bio;
		int nr;

		iov_iter_bvec(&iter, ITER_DEST, bvecs, ARRAY_SIZE(bvecs),
			      SZ_8G + 3 * PAGE_SIZE + SZ_8G);
		iov_iter_advance(&iter, places[i]);
		iov_iter_truncate(&iter, SZ_1G);
		nr = bio_iov_vecs_to_alloc(&iter, ARRAY_SIZE(own));
		KUNIT_EXPECT_EQ(test, nr, places[i] < SZ_2G ? 0 : 3);
		bio_init(&bio, NULL, own, nr, REQ_OP_READ);
		KUNIT_ASSERT_TRUE(test, bio_iov_iter_set(&bio, &iter));
		KUNIT_EXPECT_TRUE(test, bio_flagged(&bio, BIO_CLONED));
		KUNIT_EXPECT_EQ(test, bio.bi_iter.bi_size, SZ_1G);
		bv = mp_bvec_iter_bvec(bio.bi_io_vec, bio.bi_iter);
		KUNIT_EXPECT_EQ(test, bv.bv_phys, SZ_1G + places[i]);

		/* The last one ends 512 bytes behind, and goes on elsewhere. */
		if (places[i] == SZ_8G - 512) {
			KUNIT_EXPECT_EQ(test, bv.bv_len, 512);
			bio_advance_iter_single(&bio, &bio.bi_iter, 512);
			bv = mp_bvec_iter_bvec(bio.bi_io_vec, bio.bi_iter);
			KUNIT_EXPECT_EQ(test, bv.bv_phys, SZ_1M);
		}
		bio_uninit(&bio);
	}
#else
	kunit_skip(test, "lengths have 32 bits");
#endif
}

/* More than a bio can say is left for the next one, from a block on. */
static void bio_takes_2g_at_most(struct kunit *test)
{
#ifdef CONFIG_64BIT
	const struct bio_vec bv = bvec_of(SZ_1G, SZ_8G);
	struct iov_iter iter;
	struct bio bio;

	iov_iter_bvec(&iter, ITER_DEST, &bv, 1, SZ_8G);
	bio_init(&bio, NULL, NULL, 0, REQ_OP_READ);
	KUNIT_ASSERT_TRUE(test, bio_iov_iter_set(&bio, &iter));
	KUNIT_EXPECT_LT(test, bio.bi_iter.bi_size, SZ_2G);
	KUNIT_EXPECT_GE(test, bio.bi_iter.bi_size, SZ_2G - SZ_64K);
	KUNIT_EXPECT_EQ(test, bio.bi_iter.bi_size % PAGE_SIZE, 0);
	bio_uninit(&bio);
#else
	kunit_skip(test, "lengths have 32 bits");
#endif
}

/* Where there are too few vectors to copy to, a bio ends at a block, too. */
static void bio_of_few_vectors_ends_at_a_block(struct kunit *test)
{
#ifdef CONFIG_64BIT
	const struct bio_vec bvecs[] = {
		bvec_of(SZ_1G, SZ_4G), bvec_of(SZ_1M, 3 * SZ_512),
		bvec_of(SZ_2M, SZ_1M),
	};
	const size_t left = BLK_MAX_BLOCK_SIZE + SZ_512;
	struct bio_vec own[2];
	struct iov_iter iter;
	struct bio bio;

	iov_iter_bvec(&iter, ITER_DEST, bvecs, ARRAY_SIZE(bvecs),
		      SZ_4G + 3 * SZ_512 + SZ_1M);
	iov_iter_advance(&iter, SZ_4G - left);
	bio_init(&bio, NULL, own,
		 bio_iov_vecs_to_alloc(&iter, ARRAY_SIZE(own)), REQ_OP_READ);
	KUNIT_ASSERT_TRUE(test, bio_iov_iter_set(&bio, &iter));
	KUNIT_EXPECT_EQ(test, bio.bi_vcnt, ARRAY_SIZE(own));
	KUNIT_EXPECT_EQ(test, bio.bi_iter.bi_size, BLK_MAX_BLOCK_SIZE);
	bio_uninit(&bio);
#else
	kunit_skip(test, "lengths have 32 bits");
#endif
}

static struct kunit_case bvec_cases[] = {
	KUNIT_CASE(bvec_names_its_first_byte),
	KUNIT_CASE(bvec_walk_adds_up),
	KUNIT_CASE(bvec_advance_is_sum_of_steps),
	KUNIT_CASE(bvec_iter_ends_at_4g),
	KUNIT_CASE(bvec_advance_by_pages),
	KUNIT_CASE(bio_takes_vectors_from_any_place),
	KUNIT_CASE(bio_takes_2g_at_most),
	KUNIT_CASE(bio_of_few_vectors_ends_at_a_block),
	{}
};

static struct kunit_suite bvec_suite = {
	.name = "phyr_bvec",
	.test_cases = bvec_cases,
};

kunit_test_suite(bvec_suite);

MODULE_DESCRIPTION("KUnit tests for bvecs as physical ranges");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
