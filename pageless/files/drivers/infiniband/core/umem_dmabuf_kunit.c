// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of umems over DMA-bufs that are described by physical ranges. The
 * exporter's memory does not exist: only addresses are compared.
 */
#include <kunit/test.h>
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/phyr.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <rdma/ib_umem.h>
#include <rdma/ib_verbs.h>

#include "core_priv.h"

#define SEED		0x646d6162
#define NR_PHYRS	20
#define NR_RANGES	300

struct memory {
	struct kunit		*test;
	struct ib_device	ibdev;
	struct rnd_state	rnd;
	struct phyr_mem		mem;
	struct phyr_list	list;
	struct dma_buf		*dmabuf;
	unsigned int		maps, unmaps, revokes;
	bool			revoked;
	bool			moves;
};

/* Comes between attaching and mapping. */
static int memory_pin(struct dma_buf_attachment *attach)
{
	struct memory *memory = attach->dmabuf->priv;

	if (memory->moves)
		dma_buf_invalidate_mappings(attach->dmabuf);
	return 0;
}

static void memory_unpin(struct dma_buf_attachment *attach)
{
}

static struct sg_table *memory_map_dma_buf(struct dma_buf_attachment *attach,
					   enum dma_data_direction dir)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static void memory_unmap_dma_buf(struct dma_buf_attachment *attach,
				 struct sg_table *sgt,
				 enum dma_data_direction dir)
{
}

static const struct phyr_list *
memory_map_phyrs(struct dma_buf_attachment *attach)
{
	struct memory *memory = attach->dmabuf->priv;

	if (memory->revoked)
		return ERR_PTR(-ENODEV);
	memory->maps++;
	return &memory->list;
}

static void memory_unmap_phyrs(struct dma_buf_attachment *attach)
{
	struct memory *memory = attach->dmabuf->priv;

	memory->unmaps++;
}

static void memory_release(struct dma_buf *dmabuf)
{
}

static const struct dma_buf_ops memory_ops = {
	.pin		= memory_pin,
	.unpin		= memory_unpin,
	.map_dma_buf	= memory_map_dma_buf,
	.unmap_dma_buf	= memory_unmap_dma_buf,
	.map_phyrs	= memory_map_phyrs,
	.unmap_phyrs	= memory_unmap_phyrs,
	.release	= memory_release,
};

static struct ib_umem_dmabuf *umem_get(struct memory *memory, size_t offset,
				       size_t len)
{
	get_dma_buf(memory->dmabuf);
	return ib_umem_dmabuf_get_phyrs_of(&memory->ibdev, memory->dmabuf,
					   offset, len, IB_ACCESS_LOCAL_WRITE);
}

static void umem_revoked(void *priv)
{
	struct memory *memory = priv;

	dma_resv_assert_held(memory->dmabuf->resv);
	KUNIT_EXPECT_EQ(memory->test, memory->maps - 1, memory->unmaps);
	memory->revokes++;
}

static void memory_revoke(struct memory *memory)
{
	dma_resv_lock(memory->dmabuf->resv, NULL);
	memory->revoked = true;
	dma_buf_invalidate_mappings(memory->dmabuf);
	dma_resv_unlock(memory->dmabuf->resv);
}

/* The umem's list has the bytes that a cursor finds in the exporter's. */
static void expect_range(struct kunit *test, const struct phyr_list *list,
			 size_t offset, size_t len)
{
	struct memory *memory = test->priv;
	struct phyr_iter from = phyr_iter_start(&memory->list);
	struct phyr_iter to = phyr_iter_start(list);

	KUNIT_ASSERT_EQ(test, len, to.left);
	phyr_iter_advance(&from, offset);
	from.left = len;
	while (to.left) {
		struct phys_vec a = phyr_iter_range(&from);
		struct phys_vec b = phyr_iter_range(&to);

		KUNIT_ASSERT_EQ(test, a.paddr, b.paddr);
		KUNIT_ASSERT_EQ(test, a.len, b.len);
		phyr_iter_next(&from);
		phyr_iter_next(&to);
	}
}

static void umems_have_their_range(struct kunit *test)
{
	struct memory *memory = test->priv;
	struct ib_umem_dmabuf *umem;
	int i;

	for (i = 0; i < NR_RANGES; i++) {
		size_t offset = prandom_u32_state(&memory->rnd) %
				memory->list.len;
		size_t len = 1 + prandom_u32_state(&memory->rnd) %
				 (memory->list.len - offset);

		umem = umem_get(memory, offset, len);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, umem);
		ib_umem_dmabuf_revoke_unlock(umem);
		expect_range(test, &umem->umem.phyrs, offset, len);
		KUNIT_EXPECT_PTR_EQ(test, &memory->mem, umem->umem.phyrs.mem);
		KUNIT_EXPECT_FALSE(test, ib_umem_is_mapped(&umem->umem));
		ib_umem_release(&umem->umem);
		KUNIT_ASSERT_EQ(test, i + 1, memory->unmaps);
	}
	KUNIT_EXPECT_EQ(test, memory->maps, memory->unmaps);
}

static void ranges_lie_in_the_buffer(struct kunit *test)
{
	static const struct {
		s64 offset, len; /* from the end of the buffer if not positive */
	} bad[] = { { 1, 0 }, { 0, 1 }, { -1, 2 }, { SZ_4K, 0 },
		    { SZ_4K, LLONG_MAX } };
	struct memory *memory = test->priv;
	size_t size = memory->list.len;
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		size_t offset = bad[i].offset > 0 ? bad[i].offset :
						    size + bad[i].offset;
		size_t len = bad[i].len > 0 ? bad[i].len : size;

		KUNIT_EXPECT_EQ(test, -EINVAL,
				PTR_ERR(umem_get(memory, offset, len)));
	}
	KUNIT_EXPECT_EQ(test, -EINVAL, PTR_ERR(umem_get(memory, 0, 0)));
	KUNIT_EXPECT_EQ(test, -EINVAL, PTR_ERR(umem_get(memory, SIZE_MAX, 2)));
	KUNIT_EXPECT_EQ(test, 0, memory->maps);
}

static void umems_are_revoked_once(struct kunit *test)
{
	struct memory *memory = test->priv;
	struct ib_umem_dmabuf *umem = umem_get(memory, 0, SZ_4K);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, umem);
	ib_umem_dmabuf_set_revoke_locked(umem, umem_revoked, memory);
	ib_umem_dmabuf_revoke_unlock(umem);

	memory_revoke(memory);
	KUNIT_EXPECT_EQ(test, 1, memory->revokes);
	KUNIT_EXPECT_EQ(test, 1, memory->unmaps);
	KUNIT_EXPECT_EQ(test, 0, umem->umem.phyrs.nr);
	KUNIT_EXPECT_PTR_EQ(test, NULL, umem->umem.phyrs.mem);
	memory_revoke(memory);
	ib_umem_release(&umem->umem);
	KUNIT_EXPECT_EQ(test, 1, memory->revokes);
	KUNIT_EXPECT_EQ(test, 1, memory->unmaps);
	KUNIT_EXPECT_EQ(test, -ENODEV, PTR_ERR(umem_get(memory, 0, SZ_4K)));
}

static void releasing_revokes(struct kunit *test)
{
	struct memory *memory = test->priv;
	struct ib_umem_dmabuf *umem = umem_get(memory, 0, SZ_4K);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, umem);
	ib_umem_dmabuf_set_revoke_locked(umem, umem_revoked, memory);
	ib_umem_dmabuf_revoke_unlock(umem);
	ib_umem_release(&umem->umem);
	KUNIT_EXPECT_EQ(test, 1, memory->revokes);
	KUNIT_EXPECT_EQ(test, 1, memory->unmaps);
}

/* Revoked and restored, before there was anything to take back. */
static void revoked_before_mapping(struct kunit *test)
{
	struct memory *memory = test->priv;

	memory->moves = true;
	KUNIT_EXPECT_EQ(test, -ENODEV, PTR_ERR(umem_get(memory, 0, SZ_4K)));
	KUNIT_EXPECT_EQ(test, memory->maps, memory->unmaps);
}

static int memory_init(struct kunit *test)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	phys_addr_t paddr = SZ_1G;
	struct memory *memory;
	int i;

	memory = kunit_kzalloc(test, sizeof(*memory), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, memory);
	test->priv = memory;
	memory->test = test;
	prandom_seed_state(&memory->rnd, SEED);
	memory->mem.type = PHYR_MEM_UC;
	memory->list.mem = &memory->mem;
	for (i = 0; i < NR_PHYRS; i++) {
		size_t len = PAGE_SIZE *
			     (1 + prandom_u32_state(&memory->rnd) % 8);

		KUNIT_ASSERT_EQ(test, 0, phyr_list_add(&memory->list, paddr,
						       len, GFP_KERNEL));
		paddr += len + PAGE_SIZE;
	}

	info.ops = &memory_ops;
	info.size = memory->list.len;
	info.priv = memory;
	memory->dmabuf = dma_buf_export(&info);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, memory->dmabuf);
	return 0;
}

static void memory_exit(struct kunit *test)
{
	struct memory *memory = test->priv;

	if (!memory)
		return;
	if (!IS_ERR_OR_NULL(memory->dmabuf))
		dma_buf_put(memory->dmabuf);
	phyr_list_free(&memory->list);
}

static struct kunit_case umem_dmabuf_cases[] = {
	KUNIT_CASE(umems_have_their_range),
	KUNIT_CASE(ranges_lie_in_the_buffer),
	KUNIT_CASE(umems_are_revoked_once),
	KUNIT_CASE(releasing_revokes),
	KUNIT_CASE(revoked_before_mapping),
	{}
};

static struct kunit_suite umem_dmabuf_suite = {
	.name = "phyr_umem_dmabuf",
	.init = memory_init,
	.exit = memory_exit,
	.test_cases = umem_dmabuf_cases,
};

kunit_test_suite(umem_dmabuf_suite);
