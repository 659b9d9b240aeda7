/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two virtio rings that are alike, without a device, and the same buffer as
 * physical ranges and as scatterlists.
 */
#ifndef _DRIVERS_VIRTIO_VIRTIO_RING_KUNIT_H
#define _DRIVERS_VIRTIO_VIRTIO_RING_KUNIT_H

#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/phyr.h>
#include <linux/scatterlist.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <xen/xen.h>

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

/* What a device sees mapped memory at, behind its address. */
#define BUS_OFFSET	SZ_1M
#define MAX_MAPPINGS	(2 * RING_SIZE)

enum {
	INDIRECT	= BIT(0),	/* the device takes tables */
	MAPPED		= BIT(1),	/* memory is mapped for it */
};

struct mapping {
	dma_addr_t		addr;
	size_t			size;
	enum dma_data_direction	dir;
};

struct ring_test {
	struct virtio_device	vdev;
	struct device		mapper;
	struct virtqueue	*vqs[2];	/* by phyrs, by scatterlists */
	unsigned int		notified[2];
	struct mapping		mappings[MAX_MAPPINGS];
	unsigned int		nr_mappings;
	unsigned int		map_calls;
	unsigned int		fail_at;	/* this call fails, if not 0 */
	unsigned int		wrong_unmaps;
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

static bool count_notification(struct virtqueue *vq)
{
	struct ring_test *t = container_of(vq->vdev, struct ring_test, vdev);

	t->notified[vq->index]++;
	return true;
}

static dma_addr_t test_map(union virtio_map map, struct page *page,
			   unsigned long offset, size_t size,
			   enum dma_data_direction dir, unsigned long attrs)
{
	struct ring_test *t = container_of(map.dma_dev, struct ring_test,
					   mapper);
	dma_addr_t addr = page_to_phys(page) + offset + BUS_OFFSET;

	if (++t->map_calls == t->fail_at || t->nr_mappings == MAX_MAPPINGS)
		return DMA_MAPPING_ERROR;
	t->mappings[t->nr_mappings++] = (struct mapping){ addr, size, dir };
	return addr;
}

static void test_unmap(union virtio_map map, dma_addr_t addr, size_t size,
		       enum dma_data_direction dir, unsigned long attrs)
{
	struct ring_test *t = container_of(map.dma_dev, struct ring_test,
					   mapper);
	unsigned int i;

	for (i = 0; i < t->nr_mappings; i++) {
		const struct mapping *m = &t->mappings[i];

		if (m->addr == addr && m->size == size && m->dir == dir) {
			t->mappings[i] = t->mappings[--t->nr_mappings];
			return;
		}
	}
	t->wrong_unmaps++;
}

static int test_mapping_error(union virtio_map map, dma_addr_t addr)
{
	return addr == DMA_MAPPING_ERROR ? -ENOMEM : 0;
}

/* The rings themselves are where their addresses say. */
static void *test_alloc(union virtio_map map, size_t size, dma_addr_t *addr,
			gfp_t gfp)
{
	void *memory = alloc_pages_exact(size, gfp | __GFP_ZERO);

	if (memory)
		*addr = virt_to_phys(memory);
	return memory;
}

static void test_free(union virtio_map map, size_t size, void *memory,
		      dma_addr_t addr, unsigned long attrs)
{
	free_pages_exact(memory, size);
}

static const struct virtio_map_ops test_map_ops = {
	.map_page	= test_map,
	.unmap_page	= test_unmap,
	.mapping_error	= test_mapping_error,
	.alloc		= test_alloc,
	.free		= test_free,
};

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

static void ring_setup(struct kunit *test, unsigned int size,
		       unsigned int flags)
{
	const struct ring_layout *layout = test->param_value;
	struct ring_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	unsigned int i;

	if (!(flags & MAPPED) && xen_domain())
		kunit_skip(test, "Xen maps the memory of each device");
	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	INIT_LIST_HEAD(&t->vdev.vqs);
	spin_lock_init(&t->vdev.vqs_list_lock);
	__virtio_set_bit(&t->vdev, VIRTIO_F_VERSION_1);
	if (layout->packed)
		__virtio_set_bit(&t->vdev, VIRTIO_F_RING_PACKED);
	if (layout->in_order)
		__virtio_set_bit(&t->vdev, VIRTIO_F_IN_ORDER);
	if (flags & INDIRECT)
		__virtio_set_bit(&t->vdev, VIRTIO_RING_F_INDIRECT_DESC);
	if (flags & MAPPED) {
		__virtio_set_bit(&t->vdev, VIRTIO_F_ACCESS_PLATFORM);
		t->vdev.map = &test_map_ops;
		t->vdev.dev.parent = &t->mapper;
	}

	for (i = 0; i < ARRAY_SIZE(t->vqs); i++) {
		t->vqs[i] = vring_create_virtqueue(i, size, PAGE_SIZE,
						   &t->vdev, true, false, false,
						   count_notification, NULL,
						   "test");
		KUNIT_ASSERT_NOT_NULL(test, t->vqs[i]);
		KUNIT_ASSERT_EQ(test, 0,
				kunit_add_action_or_reset(test, delete_ring,
							  t->vqs[i]));
	}
	/* With CONFIG_VIRTIO_HARDEN_NOTIFICATION rings begin as broken. */
	__virtio_unbreak_device(&t->vdev);

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

#endif
