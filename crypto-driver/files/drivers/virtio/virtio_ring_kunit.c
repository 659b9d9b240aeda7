// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers that are described by physical ranges, in rings without indirect
 * descriptors: virtqueue_add_phyrs() leaves in a ring what virtqueue_add_sgs()
 * leaves in another that is like it.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/phyr.h>
#include <linux/scatterlist.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#define RING_SIZE	16
#define BUFFERS		2	/* that fit into it */
#define MAX_LEN		SZ_4K

/* What the device reads, in two lists, and what it writes. */
static const size_t out_lens[] = { 24, MAX_LEN + 1000, 512 };
static const size_t in_lens[] = { MAX_LEN, 1 };
#define NR_OUT		ARRAY_SIZE(out_lens)
#define NR_IN		ARRAY_SIZE(in_lens)
/* One of them is too long for one descriptor. */
#define NR_DESCS	(NR_OUT + NR_IN + 1)

struct ring_test {
	struct virtio_device	vdev;
	struct virtqueue	*vqs[2];	/* by phyrs, by scatterlists */
	struct phys_vec		vecs[NR_OUT + NR_IN];
	struct phyr_list	out;
	struct phyr_list	out_rest;
	struct phyr_list	in;
	struct scatterlist	sg_out[NR_OUT + 1];
	struct scatterlist	sg_in[NR_IN];
};

struct ring_layout {
	const char	*name;
	bool		packed;
	bool		in_order;
};

static const struct ring_layout layouts[] = {
	{ "split", false, false },
	{ "split, in order", false, true },
	{ "packed", true, false },
	{ "packed, in order", true, true },
};

static void layout_name(const struct ring_layout *layout, char *name)
{
	strscpy(name, layout->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ring_layout, layouts, layout_name);

static bool nobody_listens(struct virtqueue *vq)
{
	return true;
}

static void delete_ring(void *vq)
{
	vring_del_virtqueue(vq);
}

static void fill_sgs(struct scatterlist *sg, unsigned int max,
		     const struct phys_vec *vec)
{
	unsigned int i;

	sg_init_table(sg, max);
	for (i = 0; i < max; vec++) {
		size_t len, done;

		for (done = 0; done < vec->len; done += len) {
			len = min(vec->len - done, MAX_LEN);
			sg_set_page(&sg[i++], phys_to_page(vec->paddr + done),
				    len, offset_in_page(vec->paddr + done));
		}
	}
}

static void ring_setup(struct kunit *test, bool indirect)
{
	const struct ring_layout *layout = test->param_value;
	struct ring_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	INIT_LIST_HEAD(&t->vdev.vqs);
	spin_lock_init(&t->vdev.vqs_list_lock);
	__virtio_set_bit(&t->vdev, VIRTIO_F_VERSION_1);
	if (layout->packed)
		__virtio_set_bit(&t->vdev, VIRTIO_F_RING_PACKED);
	if (layout->in_order)
		__virtio_set_bit(&t->vdev, VIRTIO_F_IN_ORDER);
	if (indirect)
		__virtio_set_bit(&t->vdev, VIRTIO_RING_F_INDIRECT_DESC);

	for (i = 0; i < ARRAY_SIZE(t->vqs); i++) {
		t->vqs[i] = vring_create_virtqueue(i, RING_SIZE, PAGE_SIZE,
						   &t->vdev, true, false, false,
						   nobody_listens, NULL, "test");
		KUNIT_ASSERT_NOT_NULL(test, t->vqs[i]);
		KUNIT_ASSERT_EQ(test, 0,
				kunit_add_action_or_reset(test, delete_ring,
							  t->vqs[i]));
	}

	for (i = 0; i < ARRAY_SIZE(t->vecs); i++) {
		size_t len = i < NR_OUT ? out_lens[i] : in_lens[i - NR_OUT];
		void *memory = kunit_kmalloc(test, len, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, memory);
		t->vecs[i].paddr = virt_to_phys(memory);
		t->vecs[i].len = len;
	}
	t->out.phyrs = t->vecs;
	t->out.nr = NR_OUT - 1;
	t->out.len = out_lens[0] + out_lens[1];
	t->out_rest.phyrs = &t->vecs[NR_OUT - 1];
	t->out_rest.nr = 1;
	t->out_rest.len = out_lens[2];
	phyr_list_prepend(&t->out, &t->out_rest);
	t->in.phyrs = &t->vecs[NR_OUT];
	t->in.nr = NR_IN;
	t->in.len = in_lens[0] + in_lens[1];
	fill_sgs(t->sg_out, ARRAY_SIZE(t->sg_out), t->vecs);
	fill_sgs(t->sg_in, ARRAY_SIZE(t->sg_in), &t->vecs[NR_OUT]);
}

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
	if (!layout->packed)
		KUNIT_EXPECT_MEMEQ(test, virtqueue_get_vring(t->vqs[0])->avail,
				   virtqueue_get_vring(t->vqs[1])->avail,
				   offsetof(struct vring_avail,
					    ring[RING_SIZE]));
}

/* The ring wraps around on the way. */
static void ring_phyrs_are_as_sgs(struct kunit *test)
{
	struct ring_test *t;
	unsigned int round, i;

	ring_setup(test, false);
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
		expect_same_rings(test);
		for (i = 0; i < 2 * BUFFERS; i++) {
			void *buf = virtqueue_detach_unused_buf(t->vqs[i % 2]);

			KUNIT_ASSERT_PTR_EQ(test, buf, (void *)t);
		}
	}
}

/* A cursor that says more than its lists have makes no chain. */
static void ring_phyrs_run_out(struct kunit *test)
{
	struct ring_test *t;
	unsigned int round;

	ring_setup(test, false);
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

	ring_setup(test, true);
	t = test->priv;
	KUNIT_EXPECT_EQ(test, -EINVAL, add_phyrs(t, 1, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, add_phyrs(t, 0, MAX_LEN));
	KUNIT_EXPECT_EQ(test, t->vqs[0]->num_free, RING_SIZE);
	KUNIT_ASSERT_EQ(test, 0, add_phyrs(t, 0, 0));
	KUNIT_EXPECT_EQ(test, t->vqs[0]->num_free, RING_SIZE - 1);
	virtqueue_detach_unused_buf(t->vqs[0]);
}

/* Longer than the ring: this can never be added. */
static void ring_phyrs_do_not_fit(struct kunit *test)
{
	struct phys_vec vecs[RING_SIZE];
	struct phyr_list list = { .phyrs = vecs, .nr = RING_SIZE };
	struct phyr_iter bufs[2];
	struct ring_test *t;
	unsigned int i;

	ring_setup(test, false);
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
	KUNIT_EXPECT_EQ(test, t->vqs[0]->num_free, 0);
	virtqueue_detach_unused_buf(t->vqs[0]);
}

static struct kunit_case ring_cases[] = {
	KUNIT_CASE_PARAM(ring_phyrs_are_as_sgs, ring_layout_gen_params),
	KUNIT_CASE_PARAM(ring_phyrs_run_out, ring_layout_gen_params),
	KUNIT_CASE_PARAM(ring_indirect_phyrs_run_out, ring_layout_gen_params),
	KUNIT_CASE_PARAM(ring_phyrs_do_not_fit, ring_layout_gen_params),
	{}
};

static struct kunit_suite ring_suite = {
	.name = "phyr_virtio_ring",
	.test_cases = ring_cases,
};

kunit_test_suite(ring_suite);

MODULE_DESCRIPTION("KUnit tests for virtio buffers of physical ranges");
MODULE_LICENSE("GPL");
