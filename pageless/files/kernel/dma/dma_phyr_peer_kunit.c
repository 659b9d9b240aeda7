// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that belongs to a device: how it is mapped follows from how it is
 * reached, which the tests say in place of the PCI bus. Nobody touches it.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/dma-phyr.h>
#include <linux/module.h>
#include <linux/pci-p2pdma.h>
#include <linux/phyr.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>

#include "dma_phyr_kunit.h"
#include "phyr.h"

static struct p2pdma_provider provider;
static const struct phyr_mem peer = {
	.type = PHYR_MEM_UC,
	.provider = &provider,
};

#define REACHED_BY(how)							\
static enum pci_p2pdma_map_type						\
by_##how(struct device *dev, struct p2pdma_provider *from)		\
{									\
	return from == &provider ? PCI_P2PDMA_MAP_##how :		\
				   PCI_P2PDMA_MAP_UNKNOWN;		\
}

REACHED_BY(BUS_ADDR)
REACHED_BY(THRU_HOST_BRIDGE)
REACHED_BY(NOT_SUPPORTED)

#define reach(test, how) \
	kunit_activate_static_stub(test, dma_peer_map_type, by_##how)

static int map_of(struct fixture *f, const struct phyr_mem *mem,
		  unsigned long attrs, unsigned int max)
{
	return dma_map_phyrs_of(&f->batch, f->dev, mem, f->phyrs, f->nr,
				DMA_BIDIRECTIONAL, attrs, GFP_KERNEL, f->vecs,
				max);
}

static int sg_map_of(struct fixture *f, struct sg_table *sgt,
		     const struct phyr_mem *mem)
{
	return sg_map_phyrs_of(&f->batch, sgt, f->dev, mem, f->phyrs, f->nr,
			       DMA_BIDIRECTIONAL, 0, GFP_KERNEL);
}

/* As the bus has them: entries are compared with these. */
static void shift_phyrs(struct fixture *f, u64 by)
{
	unsigned int i;

	for (i = 0; i < f->nr; i++)
		f->phyrs[i].paddr += by;
}

static void phyr_dma_peer_bus(struct kunit *test)
{
	struct fixture *f = test->priv;
	int round;

	reach(test, BUS_ADDR);
	for (round = 0; round < ROUNDS; round++) {
		size_t max;

		random_phyrs(f, 60, SZ_64K);
		random_limits(f);
		/* Boundaries lie elsewhere on the bus. */
		provider.bus_offset = round % 2 ? roll(f, SZ_1M) * SZ_4K :
						  -(u64)roll(f, SZ_1M) * SZ_4K;
		max = dma_phyrs_max_vecs_of(f->dev, &peer, f->phyrs, f->nr);
		KUNIT_ASSERT_LE(test, max, MAX_VECS);
		KUNIT_ASSERT_EQ(test, map_of(f, &peer, 0, max), 0);
		KUNIT_EXPECT_EQ(test, f->batch.nr, max);
		shift_phyrs(f, provider.bus_offset);
		expect_vecs(test, f->vecs, f->batch.nr);
		dma_unmap_phyrs(&f->batch);
		KUNIT_EXPECT_EQ(test, f->batch.nr, 0);
	}
}

static void phyr_dma_peer_bus_scatterlist(struct kunit *test)
{
	struct fixture *f = test->priv;
	int round;

	reach(test, BUS_ADDR);
	for (round = 0; round < ROUNDS; round++) {
		struct scatterlist *sg;
		unsigned int r = 0;
		struct sg_table sgt;
		size_t at = 0;
		int i;

		random_phyrs(f, 60, SZ_64K);
		random_limits(f);
		provider.bus_offset = roll(f, SZ_1M) * SZ_4K;
		KUNIT_ASSERT_EQ(test, sg_map_of(f, &sgt, &peer), 0);
		shift_phyrs(f, provider.bus_offset);
		KUNIT_EXPECT_EQ(test, sgt.nents, f->batch.nr);
		for_each_sgtable_dma_sg(&sgt, sg, i) {
			KUNIT_EXPECT_NULL(test, sg_page(sg));
			KUNIT_EXPECT_EQ(test, sg->length, sg_dma_len(sg));
			if (IS_ENABLED(CONFIG_NEED_SG_DMA_FLAGS))
				KUNIT_EXPECT_TRUE(test,
						  sg_dma_is_bus_address(sg));
			expect_entry(test, (struct dma_vec){
					.addr = sg_dma_address(sg),
					.len = sg_dma_len(sg),
				     }, &r, &at);
		}
		KUNIT_EXPECT_EQ(test, r, f->nr);
		if (round % 2) {
			sg_unmap_phyrs(&f->batch, &sgt);
		} else {
			dma_unmap_sgtable(f->dev, &sgt, DMA_BIDIRECTIONAL, 0);
			sg_free_table(&sgt);
		}
	}
}

/* One address for all of it, as long as the device allows. */
static void phyr_dma_peer_bus_large(struct kunit *test)
{
	struct fixture *f = test->priv;

	reach(test, BUS_ADDR);
	provider.bus_offset = SZ_1G;
	f->parms.max_segment_size = UINT_MAX;
	f->nr = 1;
	f->phyrs[0] = (struct phys_vec){ BIT_ULL(40), SZ_256M };
	KUNIT_ASSERT_EQ(test, map_of(f, &peer, 0, 1), 0);
	KUNIT_EXPECT_EQ(test, f->batch.nr, 1);
	KUNIT_EXPECT_EQ(test, f->vecs[0].addr, BIT_ULL(40) + SZ_1G);
	KUNIT_EXPECT_EQ(test, f->vecs[0].len, SZ_256M);
	dma_unmap_phyrs(&f->batch);
}

/* Physical addresses, mapped as MMIO: there is no page to ask for. */
static void phyr_dma_peer_bridge(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct sg_table sgt;
	unsigned int nr;

	reach(test, THRU_HOST_BRIDGE);
	provider.bus_offset = SZ_1G;
	random_phyrs(f, 60, SZ_64K);
	KUNIT_ASSERT_EQ(test, map(f, MAX_VECS), 0);
	nr = f->batch.nr;
	dma_unmap_phyrs(&f->batch);
	KUNIT_ASSERT_EQ(test, map_of(f, &peer, 0, MAX_VECS), 0);
	KUNIT_EXPECT_TRUE(test, f->batch.attrs & DMA_ATTR_MMIO);
	KUNIT_EXPECT_EQ(test, f->batch.nr, nr);
	expect_vecs(test, f->vecs, f->batch.nr);
	dma_unmap_phyrs(&f->batch);

	KUNIT_ASSERT_EQ(test, sg_map_of(f, &sgt, &peer), 0);
	KUNIT_EXPECT_EQ(test, sg_dma_address(sgt.sgl), f->phyrs[0].paddr);
	sg_unmap_phyrs(&f->batch, &sgt);
}

static void phyr_dma_peer_out_of_reach(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct sg_table sgt;

	reach(test, NOT_SUPPORTED);
	random_phyrs(f, 60, SZ_64K);
	KUNIT_EXPECT_EQ(test, map_of(f, &peer, 0, MAX_VECS), -EREMOTEIO);
	KUNIT_EXPECT_EQ(test, dma_phyrs_max_vecs_of(f->dev, &peer, f->phyrs,
						    f->nr), 0);
	KUNIT_EXPECT_EQ(test, sg_map_of(f, &sgt, &peer), -EREMOTEIO);
}

/* Of no function: whatever reaches RAM reaches it. */
static void phyr_dma_peer_none(struct kunit *test)
{
	static const struct phyr_mem carveout = { .type = PHYR_MEM_WB };
	struct fixture *f = test->priv;
	struct sg_table sgt;

	reach(test, NOT_SUPPORTED);
	random_phyrs(f, 60, SZ_64K);
	KUNIT_ASSERT_EQ(test, map_of(f, &carveout, 0, MAX_VECS), 0);
	KUNIT_EXPECT_TRUE(test, f->batch.attrs & DMA_ATTR_MMIO);
	expect_vecs(test, f->vecs, f->batch.nr);
	dma_unmap_phyrs(&f->batch);
	KUNIT_ASSERT_EQ(test, sg_map_of(f, &sgt, &carveout), 0);
	sg_unmap_phyrs(&f->batch, &sgt);

	KUNIT_ASSERT_EQ(test, map_of(f, NULL, DMA_ATTR_MMIO, MAX_VECS), 0);
	expect_vecs(test, f->vecs, f->batch.nr);
	dma_unmap_phyrs(&f->batch);
}

static void phyr_dma_peer_bad_input(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct sg_table sgt;
	unsigned int nr;

	reach(test, BUS_ADDR);
	provider.bus_offset = 0;
	random_phyrs(f, 60, SZ_64K);
	f->nr = 10;
	KUNIT_EXPECT_EQ(test, map_of(f, &peer, DMA_ATTR_CC_SHARED, MAX_VECS),
			-EOPNOTSUPP);

	f->parms.max_segment_size = SZ_4K;
	KUNIT_ASSERT_EQ(test, map_of(f, &peer, 0, MAX_VECS), 0);
	nr = f->batch.nr;
	dma_unmap_phyrs(&f->batch);
	KUNIT_EXPECT_EQ(test, map_of(f, &peer, 0, nr - 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, f->batch.nr, 0);
	dma_unmap_phyrs(&f->batch);
	KUNIT_EXPECT_EQ(test, map_of(f, &peer, 0, nr), 0);
	dma_unmap_phyrs(&f->batch);

	f->phyrs[7].len = 0;
	KUNIT_EXPECT_EQ(test, map_of(f, &peer, 0, MAX_VECS), -EINVAL);
	KUNIT_EXPECT_EQ(test, f->batch.nr, 0);
	KUNIT_EXPECT_EQ(test, sg_map_of(f, &sgt, &peer), -EINVAL);
	f->nr = 0;
	KUNIT_EXPECT_EQ(test, map_of(f, &peer, 0, MAX_VECS), -EINVAL);
	KUNIT_EXPECT_EQ(test, sg_map_of(f, &sgt, &peer), -EINVAL);
}

/* Up to the last byte that the device can address. */
static void phyr_dma_peer_mask(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct sg_table sgt;

	reach(test, BUS_ADDR);
	provider.bus_offset = SZ_4K;
	f->parms.max_segment_size = UINT_MAX;
	f->mask = DMA_BIT_MASK(41);
	f->nr = 1;
	f->phyrs[0] = (struct phys_vec){ BIT_ULL(41) - SZ_64K, SZ_64K - SZ_4K };
	KUNIT_EXPECT_EQ(test, map_of(f, &peer, 0, 1), 0);
	dma_unmap_phyrs(&f->batch);
	f->phyrs[0].len++;
	KUNIT_EXPECT_EQ(test, map_of(f, &peer, 0, MAX_VECS), -EIO);
	KUNIT_EXPECT_EQ(test, sg_map_of(f, &sgt, &peer), -EIO);
	f->mask = DMA_BIT_MASK(64);
	f->phyrs[0] = (struct phys_vec){ -(u64)SZ_8K, SZ_4K + 1 };
	KUNIT_EXPECT_EQ(test, map_of(f, &peer, 0, MAX_VECS), -EIO);
}

static struct kunit_case phyr_dma_peer_cases[] = {
	KUNIT_CASE(phyr_dma_peer_bus),
	KUNIT_CASE(phyr_dma_peer_bus_scatterlist),
	KUNIT_CASE(phyr_dma_peer_bus_large),
	KUNIT_CASE(phyr_dma_peer_bridge),
	KUNIT_CASE(phyr_dma_peer_out_of_reach),
	KUNIT_CASE(phyr_dma_peer_none),
	KUNIT_CASE(phyr_dma_peer_bad_input),
	KUNIT_CASE(phyr_dma_peer_mask),
	{}
};

static struct kunit_suite phyr_dma_peer_suite = {
	.name = "phyr_dma_peer",
	.init = phyr_dma_init,
	.exit = phyr_dma_exit,
	.test_cases = phyr_dma_peer_cases,
};

kunit_test_suite(phyr_dma_peer_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit tests for memory that belongs to a device");
MODULE_LICENSE("GPL");
