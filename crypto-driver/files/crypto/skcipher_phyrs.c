// SPDX-License-Identifier: GPL-2.0-only
/*
 * Symmetric key cipher requests whose data are phyrs: conversion for algorithms
 * that take scatterlists only
 */
#include <crypto/scatterwalk.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "skcipher.h"

/*
 * The most bytes in a scatterlist entry of a converted request: the segment
 * size of devices that have not asked for more. A bounce buffer holds as much.
 */
#define SG_ENTRY_MAX	SZ_64K

static gfp_t skcipher_request_gfp(const struct skcipher_request *req)
{
	return req->base.flags & CRYPTO_TFM_REQ_MAY_SLEEP ? GFP_KERNEL :
							    GFP_ATOMIC;
}

/* kvmalloc() itself is only for callers that may sleep. */
static void *skcipher_phyrs_alloc(size_t size, gfp_t gfp)
{
	gfp |= __GFP_NOWARN;
	return gfpflags_allow_blocking(gfp) ? kvmalloc(size, gfp) :
					      kmalloc(size, gfp);
}

/**
 * skcipher_request_set_phyrs() - set data as lists of phyrs
 * @req: request
 * @src: the source
 * @dst: the destination: @src, the same bytes divided otherwise, or memory
 *	that shares no byte with the source
 * @cryptlen: number of bytes to process, from the start of both lists
 * @iv: as for skcipher_request_set_crypt()
 *
 * Use this in place of skcipher_request_set_crypt(). It works for any algorithm:
 * if one does not have %CRYPTO_ALG_REQ_PHYRS, crypto_skcipher_encrypt() and
 * crypto_skcipher_decrypt() convert the request to scatterlists. They allocate
 * memory for it, and return %-ENOMEM if there is none. Callers that exclude
 * algorithms with %CRYPTO_ALG_ALLOCATES_MEMORY must exclude those without
 * %CRYPTO_ALG_REQ_PHYRS, too. If a list has fewer bytes than @cryptlen, they
 * return %-EINVAL.
 *
 * The phyrs must be memory with struct pages. The lists, their arrays and the
 * memory belong to the caller, and must stay as they are until the request is
 * complete. As with scatterlists, nobody checks that no two phyrs of a
 * destination, and no phyr of it and another byte of the source, overlap: the
 * result would be undefined.
 *
 * Context: Any.
 */
void skcipher_request_set_phyrs(struct skcipher_request *req,
				const struct phyr_list *src,
				const struct phyr_list *dst,
				unsigned int cryptlen, void *iv)
{
	req->src_phyrs = src;
	req->dst_phyrs = dst;
	req->cryptlen = cryptlen;
	req->iv = iv;
	req->has_phyrs = true;
}
EXPORT_SYMBOL_GPL(skcipher_request_set_phyrs);

/* A request that is converted to scatterlists, and what to restore in it. */
struct converted {
	struct skcipher_request	*req;
	const struct phyr_list	*src;
	const struct phyr_list	*dst;
	crypto_completion_t	complete;
	void			*data;
	struct scatterlist	sgs[];
};

static unsigned int count_entries(const struct phyr_list *list, size_t left)
{
	struct phyr_iter iter;
	unsigned int nr = 0;

	if (!left)
		return 0;
	iter = phyr_iter_start(list);
	for (iter.left = left; iter.left; nr++) {
		struct phys_vec range = phyr_iter_range(&iter);

		phyr_iter_advance(&iter, min(range.len, SG_ENTRY_MAX));
	}
	return nr;
}

static void fill_entries(struct scatterlist *sg, unsigned int nr,
			 const struct phyr_list *list, size_t left)
{
	struct phyr_iter iter;

	sg_init_table(sg, nr);
	if (!left)
		return;
	iter = phyr_iter_start(list);
	for (iter.left = left; iter.left; sg++) {
		struct phys_vec range = phyr_iter_range(&iter);
		unsigned int len = min(range.len, SG_ENTRY_MAX);

		sg_set_page(sg, phys_to_page(range.paddr), len,
			    offset_in_page(range.paddr));
		phyr_iter_advance(&iter, len);
	}
}

static void restore(struct converted *converted)
{
	struct skcipher_request *req = converted->req;

	req->src_phyrs = converted->src;
	req->dst_phyrs = converted->dst;
	req->base.complete = converted->complete;
	req->base.data = converted->data;
	req->has_phyrs = true;
	kvfree(converted);
}

static void converted_done(void *data, int err)
{
	struct converted *converted = data;
	struct skcipher_request *req = converted->req;

	/* The request has left the backlog, and completes later. */
	if (err == -EINPROGRESS) {
		converted->complete(converted->data, err);
		return;
	}
	restore(converted);
	skcipher_request_complete(req, err);
}

/* Convert the request to scatterlists, and give it to @crypt. */
int skcipher_crypt_converted(struct skcipher_request *req,
			     int (*crypt)(struct skcipher_request *req))
{
	unsigned int src_nr, dst_nr = 0, one = !req->cryptlen;
	struct converted *converted;
	int err;

	/* An empty request needs an entry, too: walks look at the first one. */
	src_nr = count_entries(req->src_phyrs, req->cryptlen) + one;
	if (req->dst_phyrs != req->src_phyrs)
		dst_nr = count_entries(req->dst_phyrs, req->cryptlen) + one;
	converted = skcipher_phyrs_alloc(struct_size(converted, sgs,
						     (size_t)src_nr + dst_nr),
					 skcipher_request_gfp(req));
	if (!converted)
		return -ENOMEM;

	converted->req = req;
	converted->src = req->src_phyrs;
	converted->dst = req->dst_phyrs;
	converted->complete = req->base.complete;
	converted->data = req->base.data;

	req->src = converted->sgs;
	req->dst = converted->sgs + (dst_nr ? src_nr : 0);
	fill_entries(req->src, src_nr, converted->src, req->cryptlen);
	if (dst_nr)
		fill_entries(req->dst, dst_nr, converted->dst, req->cryptlen);
	req->base.complete = converted_done;
	req->base.data = converted;
	req->has_phyrs = false;

	err = crypt(req);
	if (err != -EINPROGRESS && err != -EBUSY)
		restore(converted);
	return err;
}
