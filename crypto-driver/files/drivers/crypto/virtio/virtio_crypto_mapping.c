// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA mapping of requests over phyrs behind an IOMMU: all of the source becomes
 * one range of DMA addresses, which needs one descriptor. So does the
 * destination.
 */
#include <linux/dma-phyr.h>
#include <linux/err.h>
#include <linux/phyr.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "virtio_crypto_common.h"

struct virtcrypto_side {
	struct dma_batch	batch;
	struct sg_table		sgt;
};

struct virtcrypto_mapping {
	struct device		*dev;
	struct virtcrypto_side	src;
	struct virtcrypto_side	dst;	/* unused in place */
	bool			in_place;
	dma_addr_t		front;
	size_t			front_len;
	dma_addr_t		back;
};

static int side_map(struct virtcrypto_side *side, struct device *dev,
		    const struct phyr_list *list, enum dma_data_direction dir)
{
	return sg_map_phyrs(&side->batch, &side->sgt, dev, list->phyrs,
			    list->nr, dir, 0, GFP_ATOMIC | __GFP_NOWARN);
}

static void side_unmap(struct virtcrypto_side *side)
{
	sg_unmap_phyrs(&side->batch, &side->sgt);
}

/**
 * virtcrypto_map() - map a request at once
 * @dev: the device that maps for the queue, see virtqueue_dma_dev()
 * @vc_req: the request, with its header
 * @front_len: bytes of the header and of the IV, which follows it
 * @src: the source, all of it
 * @dst: the destination, all of it; @src in place
 *
 * A device may see DMA addresses as it sees memory: in pieces that are physically
 * contiguous, of which it takes no more in a chain than its ring has descriptors.
 * QEMU stops for good if there are more. So more ranges than that are refused,
 * though all of them would be two descriptors.
 *
 * Context: Any. The device must not go away.
 * Return: the mapping, to be undone with virtcrypto_unmap(); or an ERR_PTR(),
 * -EINVAL if there are too many ranges.
 */
struct virtcrypto_mapping *virtcrypto_map(struct device *dev,
					  struct virtio_crypto_request *vc_req,
					  size_t front_len,
					  const struct phyr_list *src,
					  const struct phyr_list *dst)
{
	struct virtcrypto_mapping *m;
	int err;

	if ((u64)src->nr + dst->nr + VIRTIO_CRYPTO_DESCS >
	    vc_req->dataq->vring_size)
		return ERR_PTR(-EINVAL);

	m = kzalloc_obj(*m, GFP_ATOMIC);
	if (!m)
		return ERR_PTR(-ENOMEM);
	m->dev = dev;
	m->in_place = src == dst;
	m->front_len = front_len;

	err = side_map(&m->src, dev, src,
		       m->in_place ? DMA_BIDIRECTIONAL : DMA_TO_DEVICE);
	if (err)
		goto free;
	if (!m->in_place) {
		err = side_map(&m->dst, dev, dst, DMA_FROM_DEVICE);
		if (err)
			goto unmap_src;
	}

	err = -ENOMEM;
	m->front = dma_map_single(dev, vc_req->req_data, front_len,
				  DMA_TO_DEVICE);
	if (dma_mapping_error(dev, m->front))
		goto unmap_dst;
	m->back = dma_map_single(dev, &vc_req->status, sizeof(vc_req->status),
				 DMA_FROM_DEVICE);
	if (dma_mapping_error(dev, m->back))
		goto unmap_front;
	return m;

unmap_front:
	dma_unmap_single(dev, m->front, front_len, DMA_TO_DEVICE);
unmap_dst:
	if (!m->in_place)
		side_unmap(&m->dst);
unmap_src:
	side_unmap(&m->src);
free:
	kfree(m);
	return ERR_PTR(err);
}

/* @m may be NULL. Only after this can the status of the request be read. */
void virtcrypto_unmap(struct virtcrypto_mapping *m)
{
	if (!m)
		return;
	dma_unmap_single(m->dev, m->back,
			 sizeof_field(struct virtio_crypto_request, status),
			 DMA_FROM_DEVICE);
	dma_unmap_single(m->dev, m->front, m->front_len, DMA_TO_DEVICE);
	if (!m->in_place)
		side_unmap(&m->dst);
	side_unmap(&m->src);
	kfree(m);
}

static void describe(struct scatterlist *sg, dma_addr_t addr, unsigned int len)
{
	sg_dma_address(sg) = addr;
	sg_dma_len(sg) = len;
}

/**
 * virtcrypto_add_mapped() - hand a mapped request to the device
 * @vq: the queue, whose lock is held
 * @m: the mapping
 * @vc_req: the request, whose callback is called once, unless this fails
 *
 * Return: 0; %-EINVAL if the ring has too few descriptors, else the errors of
 * virtqueue_add_sgs_premapped().
 */
int virtcrypto_add_mapped(struct virtqueue *vq,
			  const struct virtcrypto_mapping *m,
			  struct virtio_crypto_request *vc_req)
{
	const struct virtcrypto_side *dst = m->in_place ? &m->src : &m->dst;
	size_t header_len = sizeof(*vc_req->req_data);
	struct scatterlist front[2], back, *sgs[4];

	if ((u64)m->src.sgt.nents + dst->sgt.nents + VIRTIO_CRYPTO_DESCS >
	    virtqueue_get_vring_size(vq))
		return -EINVAL;

	sg_init_table(front, ARRAY_SIZE(front));
	describe(&front[0], m->front, header_len);
	describe(&front[1], m->front + header_len, m->front_len - header_len);
	sg_init_table(&back, 1);
	describe(&back, m->back, sizeof(vc_req->status));

	sgs[0] = front;
	sgs[1] = m->src.sgt.sgl;
	sgs[2] = dst->sgt.sgl;
	sgs[3] = &back;
	return virtqueue_add_sgs_premapped(vq, sgs, 2, 2, vc_req, GFP_ATOMIC);
}
