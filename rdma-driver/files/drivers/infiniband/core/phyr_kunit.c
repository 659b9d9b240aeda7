// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of ib_dma_map_phyrs() and ib_sg_map_phyrs() for devices with virtual
 * DMA. What a driver does with the addresses is in the tests of rxe and siw.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <rdma/ib_phyr.h>
#include <rdma/ib_verbs.h>

/* An entry is no longer than an SGE can be, and the next begins with a page. */
static void ib_phyr_long(struct kunit *test)
{
	const size_t most = PAGE_ALIGN_DOWN((size_t)U32_MAX);
	struct ib_device *dev = test->priv;
	struct dma_batch batch;
	struct dma_vec vecs[3];
	/* Nobody looks at the memory. */
	u8 *buf = page_address(ZERO_PAGE(0));
	const struct phys_vec phyr = {
		.paddr = virt_to_phys(buf) + 7,
		.len = 2 * most,
	};

	if (!IS_ENABLED(CONFIG_64BIT))
		kunit_skip(test, "no range is longer than an SGE can be");

	KUNIT_ASSERT_EQ(test, 3, ib_dma_phyrs_max_vecs(dev, &phyr, 1));
	KUNIT_ASSERT_EQ(test, 0,
			ib_dma_map_phyrs(&batch, dev, &phyr, 1, DMA_TO_DEVICE,
					 0, GFP_NOWAIT, vecs, 3));
	KUNIT_ASSERT_EQ(test, 3, batch.nr);
	KUNIT_EXPECT_EQ(test, (uintptr_t)buf + 7, vecs[0].addr);
	KUNIT_EXPECT_EQ(test, most - 7, vecs[0].len);
	KUNIT_EXPECT_EQ(test, (uintptr_t)buf + most, vecs[1].addr);
	KUNIT_EXPECT_EQ(test, most, vecs[1].len);
	KUNIT_EXPECT_EQ(test, 7, vecs[2].len);
	ib_dma_unmap_phyrs(&batch, dev);
	KUNIT_EXPECT_EQ(test, -ENOSPC,
			ib_dma_map_phyrs(&batch, dev, &phyr, 1, DMA_TO_DEVICE,
					 0, GFP_NOWAIT, vecs, 2));
}

static void ib_phyr_bad(struct kunit *test)
{
	const phys_addr_t paddr = page_to_phys(ZERO_PAGE(0));
	struct ib_device *dev = test->priv;
	const struct {
		struct phys_vec phyrs[2];
		unsigned int nr;
		int dir;
		unsigned long attrs;
		int error;
	} bad[] = {
		{ {}, 0, DMA_TO_DEVICE, 0, -EINVAL },
		{ { { paddr, 1 }, { paddr, 0 } }, 2, DMA_TO_DEVICE, 0, -EINVAL },
		{ { { paddr, 1 } }, 1, DMA_NONE, 0, -EINVAL },
		{ { { PHYS_ADDR_MAX, 2 } }, 1, DMA_TO_DEVICE, 0, -EINVAL },
		{ { { paddr, 1 } }, 1, DMA_TO_DEVICE, DMA_ATTR_MMIO,
		  -EREMOTEIO },
	};
	struct dma_batch batch;
	struct dma_vec vecs[2];
	struct sg_table sgt;
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ(test, bad[i].error,
				ib_dma_map_phyrs(&batch, dev, bad[i].phyrs,
						 bad[i].nr, bad[i].dir,
						 bad[i].attrs, GFP_NOWAIT,
						 vecs, 2));
		KUNIT_EXPECT_EQ(test, bad[i].error,
				ib_sg_map_phyrs(&batch, &sgt, dev,
						bad[i].phyrs, bad[i].nr,
						bad[i].dir, bad[i].attrs,
						GFP_KERNEL));
	}
}

static int ib_phyr_kunit_init(struct kunit *test)
{
	/* Without a device that does DMA */
	test->priv = kunit_kzalloc(test, sizeof(struct ib_device), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, test->priv);
	return 0;
}

static struct kunit_case ib_phyr_cases[] = {
	KUNIT_CASE(ib_phyr_long),
	KUNIT_CASE(ib_phyr_bad),
	{}
};

static struct kunit_suite ib_phyr_suite = {
	.name = "phyr_ib",
	.init = ib_phyr_kunit_init,
	.test_cases = ib_phyr_cases,
};

kunit_test_suite(ib_phyr_suite);
