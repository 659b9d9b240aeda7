// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers that are described by physical ranges: virtqueue_add_phyrs() leaves
 * in a ring, in an indirect table and in the books of who maps memory what
 * virtqueue_add_sgs() leaves in another ring that is like it.
 */
#include <linux/module.h>

#include "virtio_ring_kunit.h"

/* With so many bytes more than there are in the first or the second cursor. */
static int add_phyrs(struct ring_test *t, size_t out_more, size_t in_more)
{
	struct phyr_iter bufs[] = {
		phyr_iter_start(&t->out), phyr_iter_start(&t->in),
	};

	bufs[0].left += out_more;
	bufs[1].left += in_more;
	return virtqueue_add_phyrs(t->vqs[0], bufs, 1, 1, MAX_LEN, t,
				   GFP_KERNEL);
}

static int add_sgs(struct ring_test *t)
{
	struct scatterlist *sgs[] = { t->sg_out, t->sg_in };

	return virtqueue_add_sgs(t->vqs[1], sgs, 1, 1, t, GFP_KERNEL);
}

static void expect_same_rings(struct kunit *test)
{
	const struct ring_layout *layout = test->param_value;
	struct ring_test *t = test->priv;
	const void *descs[2];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t->vqs); i++)
		descs[i] = phys_to_virt(virtqueue_get_desc_addr(t->vqs[i]));
	KUNIT_EXPECT_MEMEQ(test, descs[0], descs[1],
			   RING_SIZE * sizeof(struct vring_desc));
	KUNIT_EXPECT_EQ(test, t->vqs[0]->num_free, t->vqs[1]->num_free);
	KUNIT_EXPECT_EQ(test, t->notified[0], t->notified[1]);
	if (!layout->packed)
		KUNIT_EXPECT_MEMEQ(test, virtqueue_get_vring(t->vqs[0])->avail,
				   virtqueue_get_vring(t->vqs[1])->avail,
				   offsetof(struct vring_avail,
					    ring[RING_SIZE]));
}

/* @nr of the mappings are left; each that is gone was made as it was unmapped. */
static void expect_mappings(struct kunit *test, unsigned int nr)
{
	struct ring_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, t->nr_mappings, nr);
	KUNIT_EXPECT_EQ(test, t->wrong_unmaps, 0);
}

static void detach(struct kunit *test, unsigned int nr)
{
	struct ring_test *t = test->priv;
	unsigned int i;

	for (i = 0; i < nr * ARRAY_SIZE(t->vqs); i++) {
		void *buf = virtqueue_detach_unused_buf(t->vqs[i % 2]);

		KUNIT_ASSERT_PTR_EQ(test, buf, (void *)t);
	}
}

/* The ring wraps around on the way. */
static void phyrs_are_as_sgs(struct kunit *test, unsigned int flags)
{
	struct ring_test *t;
	unsigned int round, i;

	ring_setup(test, RING_SIZE, flags);
	t = test->priv;
	for (round = 0; round < 2 * RING_SIZE; round++) {
		for (i = 0; i < BUFFERS; i++) {
			KUNIT_ASSERT_EQ(test, 0, add_phyrs(t, 0, 0));
			KUNIT_ASSERT_EQ(test, 0, add_sgs(t));
			expect_same_rings(test);
		}
		KUNIT_EXPECT_EQ(test, t->vqs[0]->num_free,
				RING_SIZE - BUFFERS * NR_DESCS);
		KUNIT_EXPECT_EQ(test, -ENOSPC, add_phyrs(t, 0, 0));
		KUNIT_EXPECT_EQ(test, -ENOSPC, add_sgs(t));
		expect_same_rings(test);
		expect_mappings(test, flags & MAPPED ?
				      2 * BUFFERS * NR_DESCS : 0);
		detach(test, BUFFERS);
		expect_mappings(test, 0);
	}
}

static void ring_phyrs_are_as_sgs(struct kunit *test)
{
	phyrs_are_as_sgs(test, 0);
}

static void ring_mapped_phyrs_are_as_sgs(struct kunit *test)
{
	phyrs_are_as_sgs(test, MAPPED);
}

/* The table of the buffer that a new ring got as its @nr-th. */
static const struct vring_desc *table_of(struct virtqueue *vq, unsigned int nr)
{
	const struct vring_desc *ring =
		phys_to_virt(virtqueue_get_desc_addr(vq));

	return phys_to_virt(virtio64_to_cpu(vq->vdev, ring[nr].addr));
}

static void expect_same_tables(struct kunit *test, unsigned int nr)
{
	const struct ring_layout *layout = test->param_value;
	struct ring_test *t = test->priv;
	const struct vring_desc *by_phyrs = table_of(t->vqs[0], nr);
	const struct vring_desc *by_sgs = table_of(t->vqs[1], nr);
	unsigned int i;

	if (!layout->packed) {
		KUNIT_EXPECT_MEMEQ(test, by_phyrs, by_sgs,
				   NR_DESCS * sizeof(*by_phyrs));
		return;
	}
	/* The identifier means nothing there, and is not written. */
	for (i = 0; i < NR_DESCS; i++) {
		const struct vring_packed_desc *descs[] = {
			(const void *)&by_phyrs[i], (const void *)&by_sgs[i],
		};

		KUNIT_EXPECT_MEMEQ(test, descs[0], descs[1],
				   offsetof(struct vring_packed_desc, id));
		KUNIT_EXPECT_EQ(test, le16_to_cpu(descs[0]->flags),
				le16_to_cpu(descs[1]->flags));
	}
}

/* Also in rings that have fewer entries than the table. */
static void ring_indirect_phyrs_are_as_sgs(struct kunit *test)
{
	unsigned int size, i;

	for (size = 1; size <= RING_SIZE; size *= 2) {
		struct ring_test *t;

		ring_setup(test, size, INDIRECT);
		t = test->priv;
		for (i = 0; i < size; i++) {
			KUNIT_ASSERT_EQ(test, 0, add_phyrs(t, 0, 0));
			KUNIT_ASSERT_EQ(test, 0, add_sgs(t));
			expect_same_tables(test, i);
		}
		KUNIT_EXPECT_EQ(test, t->vqs[0]->num_free, 0);
		KUNIT_EXPECT_EQ(test, -ENOSPC, add_phyrs(t, 0, 0));
		KUNIT_EXPECT_EQ(test, -ENOSPC, add_sgs(t));
		KUNIT_EXPECT_EQ(test, t->notified[0], t->notified[1]);
		detach(test, size);
	}
}

/* One mapping fails, and is not tried again in another way. */
static void mapping_fails(struct kunit *test, unsigned int flags)
{
	unsigned int nr = NR_DESCS + !!(flags & INDIRECT);
	struct ring_test *t;

	ring_setup(test, RING_SIZE, flags | MAPPED);
	t = test->priv;
	for (t->fail_at = 1; t->fail_at <= nr; t->fail_at++) {
		t->map_calls = 0;
		KUNIT_EXPECT_EQ(test, -ENOMEM, add_phyrs(t, 0, 0));
		KUNIT_EXPECT_EQ(test, t->map_calls, t->fail_at);
		KUNIT_EXPECT_EQ(test, t->vqs[0]->num_free, RING_SIZE);
		expect_mappings(test, 0);
	}
	t->map_calls = 0;
	KUNIT_EXPECT_EQ(test, 0, add_phyrs(t, 0, 0));
	expect_mappings(test, nr);
	virtqueue_detach_unused_buf(t->vqs[0]);
	expect_mappings(test, 0);
}

static void ring_mapping_fails(struct kunit *test)
{
	mapping_fails(test, 0);
}

static void ring_indirect_mapping_fails(struct kunit *test)
{
	mapping_fails(test, INDIRECT);
}

/* Whether the device takes descriptor @pos for one that it may look at. */
static bool available(struct virtqueue *vq, unsigned int pos)
{
	const struct vring_packed_desc *descs =
		phys_to_virt(virtqueue_get_desc_addr(vq));
	u16 flags = le16_to_cpu(descs[pos % RING_SIZE].flags);
	bool wrap = pos / RING_SIZE % 2 == 0;

	return !!(flags & BIT(VRING_PACKED_DESC_F_AVAIL)) == wrap &&
	       !!(flags & BIT(VRING_PACKED_DESC_F_USED)) != wrap;
}

/*
 * A buffer of one descriptor, at the place where a longer one was refused after
 * some of its descriptors had been written: the device sees nothing behind it.
 */
static void ring_shorter_behind_refused(struct kunit *test)
{
	const struct ring_layout *layout = test->param_value;
	struct phyr_iter shorter;
	struct ring_test *t;
	unsigned int round;

	ring_setup(test, RING_SIZE, MAPPED);
	t = test->priv;
	shorter = phyr_iter_start(&t->out_rest);
	for (round = 0; round < 4 * RING_SIZE; round++) {
		t->fail_at = 2 + round % (NR_DESCS - 1);
		t->map_calls = 0;
		KUNIT_EXPECT_EQ(test, -ENOMEM, add_phyrs(t, 0, 0));
		t->map_calls = 0;
		KUNIT_EXPECT_EQ(test, layout->packed ? -EIO : -ENOMEM,
				add_sgs(t));
		t->fail_at = 0;

		KUNIT_ASSERT_EQ(test, 0,
				virtqueue_add_phyrs(t->vqs[0], &shorter, 0, 1,
						    MAX_LEN, t, GFP_KERNEL));
		KUNIT_ASSERT_EQ(test, 0,
				virtqueue_add_inbuf(t->vqs[1],
						    &t->sg_out[NR_OUT], 1, t,
						    GFP_KERNEL));
		expect_same_rings(test);
		if (layout->packed) {
			KUNIT_EXPECT_TRUE(test, available(t->vqs[0], round));
			KUNIT_EXPECT_FALSE(test,
					   available(t->vqs[0], round + 1));
		}
		detach(test, 1);
		expect_mappings(test, 0);
	}
}

/* A cursor that says more than its lists have makes no chain. */
static void ring_phyrs_run_out(struct kunit *test)
{
	struct ring_test *t;
	unsigned int round;

	ring_setup(test, RING_SIZE, 0);
	t = test->priv;
	for (round = 0; round < 2 * RING_SIZE; round++) {
		KUNIT_EXPECT_EQ(test, -EINVAL, add_phyrs(t, 1, 0));
		KUNIT_EXPECT_EQ(test, -EINVAL, add_phyrs(t, 0, MAX_LEN));
		KUNIT_EXPECT_EQ(test, t->vqs[0]->num_free, RING_SIZE);
		KUNIT_ASSERT_EQ(test, 0, add_phyrs(t, 0, 0));
		KUNIT_ASSERT_EQ(test, 0, add_sgs(t));
		expect_same_rings(test);
		virtqueue_detach_unused_buf(t->vqs[0]);
		virtqueue_detach_unused_buf(t->vqs[1]);
	}
}

static void ring_indirect_phyrs_run_out(struct kunit *test)
{
	struct ring_test *t;

	ring_setup(test, RING_SIZE, INDIRECT);
	t = test->priv;
	KUNIT_EXPECT_EQ(test, -EINVAL, add_phyrs(t, 1, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, add_phyrs(t, 0, MAX_LEN));
	KUNIT_EXPECT_EQ(test, t->vqs[0]->num_free, RING_SIZE);
	KUNIT_ASSERT_EQ(test, 0, add_phyrs(t, 0, 0));
	KUNIT_EXPECT_EQ(test, t->vqs[0]->num_free, RING_SIZE - 1);
	virtqueue_detach_unused_buf(t->vqs[0]);
}

/* Longer than the ring: this can never be added. */
static void phyrs_do_not_fit(struct kunit *test, unsigned int flags)
{
	struct phys_vec vecs[RING_SIZE];
	struct phyr_list list = { .phyrs = vecs, .nr = RING_SIZE };
	struct phyr_iter bufs[2];
	struct ring_test *t;
	unsigned int i;

	ring_setup(test, RING_SIZE, flags);
	t = test->priv;
	for (i = 0; i < RING_SIZE; i++) {
		vecs[i] = t->vecs[0];
		list.len += vecs[i].len;
	}
	bufs[0] = phyr_iter_start(&list);
	bufs[1] = phyr_iter_start(&t->in);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtqueue_add_phyrs(t->vqs[0], bufs, 1, 1, MAX_LEN, t,
					    GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, 0,
			virtqueue_add_phyrs(t->vqs[0], bufs, 1, 0, MAX_LEN, t,
					    GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, t->vqs[0]->num_free,
			flags & INDIRECT ? RING_SIZE - 1 : 0);
	virtqueue_detach_unused_buf(t->vqs[0]);
}

static void ring_phyrs_do_not_fit(struct kunit *test)
{
	phyrs_do_not_fit(test, 0);
}

static void ring_indirect_phyrs_do_not_fit(struct kunit *test)
{
	phyrs_do_not_fit(test, INDIRECT);
}

static struct kunit_case ring_cases[] = {
	KUNIT_CASE_PARAM(ring_phyrs_are_as_sgs, ring_layout_gen_params),
	KUNIT_CASE_PARAM(ring_mapped_phyrs_are_as_sgs, ring_layout_gen_params),
	KUNIT_CASE_PARAM(ring_indirect_phyrs_are_as_sgs,
			 ring_layout_gen_params),
	KUNIT_CASE_PARAM(ring_mapping_fails, ring_layout_gen_params),
	KUNIT_CASE_PARAM(ring_indirect_mapping_fails, ring_layout_gen_params),
	KUNIT_CASE_PARAM(ring_shorter_behind_refused, ring_layout_gen_params),
	KUNIT_CASE_PARAM(ring_phyrs_run_out, ring_layout_gen_params),
	KUNIT_CASE_PARAM(ring_indirect_phyrs_run_out, ring_layout_gen_params),
	KUNIT_CASE_PARAM(ring_phyrs_do_not_fit, ring_layout_gen_params),
	KUNIT_CASE_PARAM(ring_indirect_phyrs_do_not_fit,
			 ring_layout_gen_params),
	{}
};

static struct kunit_suite ring_suite = {
	.name = "phyr_virtio_ring",
	.test_cases = ring_cases,
};

kunit_test_suite(ring_suite);

MODULE_DESCRIPTION("KUnit tests for virtio buffers of physical ranges");
MODULE_LICENSE("GPL");
