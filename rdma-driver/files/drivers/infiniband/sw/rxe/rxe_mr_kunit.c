// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of fast registration MRs. They need no device.
 *
 * A scatterlist of fragments is mapped as kernel ULPs do it. Data written
 * through the MR must be in these fragments, byte by byte, and nowhere else.
 */
#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <rdma/ib_phyr.h>

#include "../frags_kunit.h"
#include "rxe.h"
#include "rxe_loc.h"

#define MAX_FRAGS	10
#define MAX_PAGES	8
#define BUF_SIZE	SZ_256K
#define BUF_ORDER	get_order(BUF_SIZE)

struct rxe_mr_kunit {
	struct ib_device	ibdev;	/* with virtual DMA */
	struct rxe_mr		mr;
	u8			*buf;	/* aligned to its size */
	u8			*want;	/* expected contents of @buf */
	u8			*data;
	struct rnd_state	rnd;
};

static int map_frags(struct kunit *test, unsigned int page_size,
		     const struct frag *frags, int nr, unsigned int *sg_offset)
{
	struct rxe_mr_kunit *kit = test->priv;
	struct scatterlist sgl[MAX_FRAGS];

	KUNIT_ASSERT_LE(test, nr, MAX_FRAGS);
	frags_to_sgl(sgl, kit->buf, frags, nr);
	kit->mr.ibmr.page_size = page_size;
	return rxe_map_mr_sg(&kit->mr.ibmr, sgl, nr, sg_offset);
}

static void expect_moves(struct kunit *test, const struct frag *frags,
			 unsigned int sg_offset)
{
	struct rxe_mr_kunit *kit = test->priv;
	struct ib_mr *ibmr = &kit->mr.ibmr;
	int round;

	for (round = 0; round < 50; round++) {
		u32 skip = prandom_u32_state(&kit->rnd) % ibmr->length;
		u32 len = 1 + prandom_u32_state(&kit->rnd) %
			  (u32)(ibmr->length - skip);
		u32 i;

		prandom_bytes_state(&kit->rnd, kit->data, len);
		for (i = 0; i < len; i++)
			kit->want[frag_byte(frags, sg_offset + skip + i)] =
				kit->data[i];
		KUNIT_ASSERT_EQ(test, 0,
				rxe_mr_copy(&kit->mr, ibmr->iova + skip,
					    kit->data, len, RXE_TO_MR_OBJ));
		KUNIT_ASSERT_MEMEQ(test, kit->buf, kit->want, BUF_SIZE);

		memset(kit->data, 0, len);
		KUNIT_ASSERT_EQ(test, 0,
				rxe_mr_copy(&kit->mr, ibmr->iova + skip,
					    kit->data, len, RXE_FROM_MR_OBJ));
		for (i = 0; i < len; i++)
			if (kit->data[i] !=
			    kit->want[frag_byte(frags, sg_offset + skip + i)])
				break;
		KUNIT_ASSERT_EQ(test, i, len);
	}
}

static void expect_data(struct kunit *test, const struct frag *frags,
			unsigned int sg_offset)
{
	struct rxe_mr_kunit *kit = test->priv;
	struct ib_mr *ibmr = &kit->mr.ibmr;

	expect_moves(test, frags, sg_offset);
	KUNIT_EXPECT_NE(test, 0,
			rxe_mr_copy(&kit->mr, ibmr->iova + ibmr->length - 1,
				    kit->data, 2, RXE_TO_MR_OBJ));
	KUNIT_EXPECT_NE(test, 0,
			rxe_mr_copy(&kit->mr, ibmr->iova - 1, kit->data, 2,
				    RXE_TO_MR_OBJ));
}

static void expect_mapped(struct kunit *test, unsigned int page_size,
			  const struct frag *frags, int nr, unsigned int skip)
{
	struct rxe_mr_kunit *kit = test->priv;
	unsigned int sg_offset = skip;
	u64 total = 0;
	int i;

	for (i = 0; i < nr; i++)
		total += frags[i].len;
	KUNIT_ASSERT_EQ(test, nr,
			map_frags(test, page_size, frags, nr, &sg_offset));
	KUNIT_EXPECT_EQ(test, sg_offset, 0);
	KUNIT_ASSERT_EQ(test, kit->mr.ibmr.length, total - skip);
	expect_data(test, frags, skip);
}

static const struct frag pages_4k[] = {
	{ 0x5000, 0x1000 }, { 0x1000, 0x1000 }, { 0x2000, 0x1000 },
	{ 0xf000, 0x1000 }, { 0x0000, 0x0010 },
};

static void rxe_mr_page_sized(struct kunit *test)
{
	expect_mapped(test, SZ_4K, pages_4k, 5, 0);
	expect_mapped(test, SZ_4K, pages_4k, 5, 100);
	expect_mapped(test, SZ_4K, pages_4k, 5, 0xfff);
}

static void rxe_mr_small_pages(struct kunit *test)
{
	static const struct frag frags[] = {
		{ 0x5300, 0x0100 }, { 0x1c00, 0x0400 }, { 0x2000, 0x0800 },
		{ 0x9400, 0x0400 }, { 0x8c00, 0x03fd },
	};

	expect_mapped(test, SZ_1K, frags, 5, 0);
	expect_mapped(test, SZ_1K, frags, 5, 3);
}

static void rxe_mr_large_pages(struct kunit *test)
{
	static const struct frag frags[] = {
		{ 0x0f123, 0x00edd }, { 0x30000, 0x10000 }, { 0x10000, 0x08001 },
	};

	expect_mapped(test, SZ_64K, frags, 3, 0);
	expect_mapped(test, SZ_64K, frags, 3, 0x77);
}

/* Adjacent elements become one phyr, even if they meet within a page. */
static void rxe_mr_touching(struct kunit *test)
{
	static const struct frag frags[] = {
		{ 0x5200, 0x0100 }, { 0x5300, 0x0d00 }, { 0x6000, 0x1800 },
		{ 0x7800, 0x0800 }, { 0x1000, 0x0001 },
	};
	struct rxe_mr_kunit *kit = test->priv;

	expect_mapped(test, SZ_4K, frags, 5, 0x10);
	expect_mapped(test, SZ_4K, frags, 4, 0);
	KUNIT_EXPECT_EQ(test, kit->mr.index.nr, 1);
}

/* A ULP may change the iova after mapping, as ib_map_mr_sg_zbva() does. */
static void rxe_mr_moved(struct kunit *test)
{
	unsigned int sg_offset = 0x123;
	struct rxe_mr_kunit *kit = test->priv;

	KUNIT_ASSERT_EQ(test, 5,
			map_frags(test, SZ_4K, pages_4k, 5, &sg_offset));
	kit->mr.ibmr.iova &= SZ_4K - 1;
	expect_data(test, pages_4k, 0x123);
	kit->mr.ibmr.iova += 1ULL << 63;
	expect_data(test, pages_4k, 0x123);
}

/* An element without bytes has no page, wherever it is. */
static void rxe_mr_empty_elements(struct kunit *test)
{
	static const struct frag frags[] = {
		{ 0x9000, 0 }, { 0x5000, 0x1000 }, { 0xb000, 0 }, { 0xc123, 0 },
		{ 0x1000, 0x1000 }, { 0x2000, 0x0800 }, { 0x3000, 0 },
	};

	expect_mapped(test, SZ_4K, frags, 7, 0);
	/* The offset leaves nothing of the first one. */
	expect_mapped(test, SZ_4K, frags + 1, 6, 0x1000);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			map_frags(test, SZ_4K, frags + 2, 2, NULL));
}

static void rxe_mr_too_many_pages(struct kunit *test)
{
	struct frag frags[MAX_PAGES + 2];
	struct rxe_mr_kunit *kit = test->priv;
	unsigned int sg_offset = 0, page_size;
	int i;

	for (page_size = SZ_512; page_size <= SZ_16K; page_size *= 2) {
		for (i = 0; i < ARRAY_SIZE(frags); i++)
			frags[i] = (struct frag){ i * page_size, page_size };
		KUNIT_EXPECT_EQ(test, MAX_PAGES,
				map_frags(test, page_size, frags,
					  ARRAY_SIZE(frags), &sg_offset));
		KUNIT_EXPECT_EQ(test, sg_offset, 0);
		KUNIT_ASSERT_EQ(test, kit->mr.ibmr.length,
				MAX_PAGES * page_size);
		expect_data(test, frags, 0);
	}
}

static void rxe_mr_bad_page_size(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, -EINVAL,
			map_frags(test, 3 * SZ_4K, pages_4k, 5, NULL));
	KUNIT_EXPECT_EQ(test, -EINVAL, map_frags(test, 0, pages_4k, 5, NULL));
}

static enum resp_states add_at(struct rxe_mr *mr, u64 iova, u64 *orig)
{
	return rxe_mr_do_atomic_op(mr, iova, IB_OPCODE_RC_FETCH_ADD, 0, 3,
				   orig);
}

static void rxe_mr_atomics(struct kunit *test)
{
	/* Only the last phyr holds eight bytes. */
	static const struct frag frags[] = {
		{ 0x1002, 2 }, { 0x2000, 2 }, { 0x3006, 2 }, { 0x5000, 8 },
	};
	struct rxe_mr_kunit *kit = test->priv;
	struct rxe_mr *mr = &kit->mr;
	unsigned int sg_offset = 8;
	u64 iova, orig, *word;

	mr->state = RXE_MR_STATE_VALID;
	KUNIT_ASSERT_EQ(test, 4,
			map_frags(test, SZ_4K, pages_4k, 4, &sg_offset));
	iova = mr->ibmr.iova;
	word = (u64 *)(kit->buf + 0x5ff8);
	*word = 40;
	KUNIT_EXPECT_EQ(test, add_at(mr, iova + 0xff0, &orig), RESPST_NONE);
	KUNIT_EXPECT_EQ(test, orig, 40);
	KUNIT_EXPECT_EQ(test, *word, 43);
	KUNIT_EXPECT_EQ(test, rxe_mr_do_atomic_write(mr, iova + 0xff8, 7),
			RESPST_NONE);
	KUNIT_EXPECT_EQ(test, *(u64 *)(kit->buf + 0x1000), 7);
	KUNIT_EXPECT_EQ(test, add_at(mr, iova + 0xff4, &orig),
			RESPST_ERR_MISALIGNED_ATOMIC);
	KUNIT_EXPECT_EQ(test, rxe_mr_do_atomic_write(mr, iova + 1, 7),
			RESPST_ERR_MISALIGNED_ATOMIC);
	KUNIT_EXPECT_EQ(test, add_at(mr, iova - 8, &orig),
			RESPST_ERR_RKEY_VIOLATION);
	KUNIT_EXPECT_EQ(test, add_at(mr, iova + mr->ibmr.length, &orig),
			RESPST_ERR_RKEY_VIOLATION);

	sg_offset = 0;
	KUNIT_ASSERT_EQ(test, 4, map_frags(test, 2, frags, 4, &sg_offset));
	iova = mr->ibmr.iova;
	KUNIT_EXPECT_EQ(test, add_at(mr, iova, &orig),
			RESPST_ERR_MISALIGNED_ATOMIC);
	KUNIT_EXPECT_EQ(test, add_at(mr, iova + 2, &orig),
			RESPST_ERR_RKEY_VIOLATION);
	KUNIT_EXPECT_EQ(test, rxe_mr_do_atomic_write(mr, iova + 2, 7),
			RESPST_ERR_RKEY_VIOLATION);
	KUNIT_EXPECT_EQ(test, rxe_mr_do_atomic_write(mr, iova + 6, 7),
			RESPST_NONE);
}

/* Which ranges can be flushed. What reached the medium cannot be seen here. */
static void rxe_mr_flush(struct kunit *test)
{
	struct rxe_mr_kunit *kit = test->priv;
	struct rxe_mr *mr = &kit->mr;
	unsigned int sg_offset = 100;
	u64 iova, len;

	KUNIT_ASSERT_EQ(test, 5,
			map_frags(test, SZ_4K, pages_4k, 5, &sg_offset));
	iova = mr->ibmr.iova;
	len = mr->ibmr.length;
	KUNIT_EXPECT_EQ(test, rxe_flush_pmem_iova(mr, iova, len), 0);
	KUNIT_EXPECT_EQ(test, rxe_flush_pmem_iova(mr, iova + len - 1, 1), 0);
	KUNIT_EXPECT_EQ(test, rxe_flush_pmem_iova(mr, iova, len + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, rxe_flush_pmem_iova(mr, iova, SZ_4G), -EINVAL);
	KUNIT_EXPECT_EQ(test, rxe_flush_pmem_iova(mr, iova - 1, 1), -EINVAL);
}

static int rxe_mr_kunit_init(struct kunit *test)
{
	struct rxe_mr_kunit *kit;

	kit = kunit_kzalloc(test, sizeof(*kit), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, kit);
	test->priv = kit;
	prandom_seed_state(&kit->rnd, 2022);

	kit->want = kunit_kmalloc(test, BUF_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, kit->want);
	kit->data = kunit_kmalloc(test, BUF_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, kit->data);
	kit->buf = (u8 *)__get_free_pages(GFP_KERNEL, BUF_ORDER);
	KUNIT_ASSERT_NOT_NULL(test, kit->buf);
	prandom_bytes_state(&kit->rnd, kit->buf, BUF_SIZE);
	memcpy(kit->want, kit->buf, BUF_SIZE);

	return rxe_mr_init_fast(MAX_PAGES, &kit->mr);
}

static void rxe_mr_kunit_exit(struct kunit *test)
{
	struct rxe_mr_kunit *kit = test->priv;

	if (!kit)
		return;
	phyr_index_free(&kit->mr.index);
	phyr_list_free(&kit->mr.ranges);
	free_pages((unsigned long)kit->buf, BUF_ORDER);
}

static void rxe_mr_misses_while_mapped(struct kunit *test)
{
	struct rxe_mr_kunit *kit = test->priv;
	struct rxe_mr *mr = &kit->mr;
	unsigned int sg_offset = 0;
	u64 iova, orig;

	mr->state = RXE_MR_STATE_VALID;
	KUNIT_ASSERT_EQ(test, 5,
			map_frags(test, SZ_4K, pages_4k, 5, &sg_offset));
	iova = mr->ibmr.iova;
	raw_write_seqcount_begin(&mr->seq);
	KUNIT_EXPECT_EQ(test, rxe_mr_copy(mr, iova, kit->data, 8,
					  RXE_TO_MR_OBJ), -EFAULT);
	KUNIT_EXPECT_EQ(test, add_at(mr, iova, &orig),
			RESPST_ERR_RKEY_VIOLATION);
	KUNIT_EXPECT_EQ(test, rxe_flush_pmem_iova(mr, iova, 8), -EFAULT);
	raw_write_seqcount_end(&mr->seq);
	KUNIT_EXPECT_MEMEQ(test, kit->buf, kit->want, BUF_SIZE);
	expect_data(test, pages_4k, 0);
}

/* An MR of all memory: its iova are addresses of the direct map. */
static void rxe_mr_dma(struct kunit *test)
{
	static const struct frag all = { 0, BUF_SIZE };
	struct rxe_mr_kunit *kit = test->priv;

	rxe_mr_init_dma(IB_ACCESS_LOCAL_WRITE, &kit->mr);
	kit->mr.ibmr.iova = (uintptr_t)kit->buf;
	kit->mr.ibmr.length = BUF_SIZE;
	expect_moves(test, &all, 0);
}

static void frags_to_phyrs(struct kunit *test, const struct frag *frags, int nr,
			   struct phys_vec *phyrs)
{
	struct rxe_mr_kunit *kit = test->priv;
	int i;

	KUNIT_ASSERT_LE(test, nr, MAX_FRAGS);
	for (i = 0; i < nr; i++)
		phyrs[i] = (struct phys_vec){
			.paddr = virt_to_phys(kit->buf + frags[i].start),
			.len = frags[i].len,
		};
}

/* An array of physical ranges becomes a table that can be registered. */
static void rxe_mr_phyrs(struct kunit *test)
{
	/* The first two touch, and so become one element. */
	static const struct frag frags[] = {
		{ 0x5200, 0x0e00 }, { 0x6000, 0x2000 }, { 0x1000, 0x3000 },
		{ 0xf000, 0x0123 },
	};
	struct rxe_mr_kunit *kit = test->priv;
	struct phys_vec phyrs[MAX_FRAGS];
	struct dma_batch batch;
	struct sg_table sgt;

	frags_to_phyrs(test, frags, 4, phyrs);
	KUNIT_ASSERT_EQ(test, 0,
			ib_sg_map_phyrs(&batch, &sgt, &kit->ibdev, phyrs, 4,
					DMA_BIDIRECTIONAL, 0, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, 3, sgt.nents);
	kit->mr.ibmr.page_size = SZ_4K;
	KUNIT_EXPECT_EQ(test, sgt.nents,
			rxe_map_mr_sg(&kit->mr.ibmr, sgt.sgl, sgt.nents, NULL));
	KUNIT_EXPECT_EQ(test, 0x5f23, kit->mr.ibmr.length);
	expect_data(test, frags, 0);
	ib_sg_unmap_phyrs(&batch, &sgt, &kit->ibdev);
}

/* And it becomes addresses for the key of all memory. */
static void rxe_mr_dma_phyrs(struct kunit *test)
{
	static const struct frag frags[] = {
		{ 0x5201, 0x0dff }, { 0x1000, 0x3000 }, { 0xf000, 0x0001 },
	};
	struct rxe_mr_kunit *kit = test->priv;
	struct dma_vec vecs[MAX_FRAGS];
	struct phys_vec phyrs[MAX_FRAGS];
	struct dma_batch batch;
	unsigned int i;

	frags_to_phyrs(test, frags, 3, phyrs);
	KUNIT_EXPECT_EQ(test, 3, ib_dma_phyrs_max_vecs(&kit->ibdev, phyrs, 3));
	KUNIT_ASSERT_EQ(test, 0,
			ib_dma_map_phyrs(&batch, &kit->ibdev, phyrs, 3,
					 DMA_BIDIRECTIONAL, 0, GFP_NOWAIT, vecs,
					 3));
	KUNIT_ASSERT_EQ(test, 3, batch.nr);
	rxe_mr_init_dma(IB_ACCESS_LOCAL_WRITE, &kit->mr);
	for (i = 0; i < batch.nr; i++) {
		KUNIT_ASSERT_EQ(test, frags[i].len, vecs[i].len);
		memset(kit->want + frags[i].start, i, frags[i].len);
		memset(kit->data, i, frags[i].len);
		KUNIT_ASSERT_EQ(test, 0,
				rxe_mr_copy(&kit->mr, vecs[i].addr, kit->data,
					    vecs[i].len, RXE_TO_MR_OBJ));
	}
	KUNIT_EXPECT_MEMEQ(test, kit->buf, kit->want, BUF_SIZE);
	ib_dma_unmap_phyrs(&batch, &kit->ibdev);
}

static struct kunit_case rxe_mr_cases[] = {
	KUNIT_CASE(rxe_mr_page_sized),
	KUNIT_CASE(rxe_mr_small_pages),
	KUNIT_CASE(rxe_mr_large_pages),
	KUNIT_CASE(rxe_mr_touching),
	KUNIT_CASE(rxe_mr_moved),
	KUNIT_CASE(rxe_mr_empty_elements),
	KUNIT_CASE(rxe_mr_too_many_pages),
	KUNIT_CASE(rxe_mr_bad_page_size),
	KUNIT_CASE(rxe_mr_atomics),
	KUNIT_CASE(rxe_mr_flush),
	KUNIT_CASE(rxe_mr_misses_while_mapped),
	KUNIT_CASE(rxe_mr_dma),
	KUNIT_CASE(rxe_mr_phyrs),
	KUNIT_CASE(rxe_mr_dma_phyrs),
	{}
};

static struct kunit_suite rxe_mr_suite = {
	.name = "phyr_rxe_mr",
	.init = rxe_mr_kunit_init,
	.exit = rxe_mr_kunit_exit,
	.test_cases = rxe_mr_cases,
};

kunit_test_suite(rxe_mr_suite);
