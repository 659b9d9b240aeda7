// SPDX-License-Identifier: GPL-2.0-only
/*
 * Symmetric key cipher requests whose data are phyrs: checks when they are
 * made, and conversion for algorithms that take scatterlists only
 */
#include <crypto/scatterwalk.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "skcipher.h"

/*
 * The most bytes in a scatterlist entry of a converted request: the segment
 * size of devices that have not asked for more. A bounce buffer holds as much.
 */
#define SG_ENTRY_MAX	SZ_64K

/* Up to so many ranges of a destination are sorted on the stack. */
#define SPANS_FEW	8

static gfp_t skcipher_request_gfp(const struct skcipher_request *req)
{
	return req->base.flags & CRYPTO_TFM_REQ_MAY_SLEEP ? GFP_KERNEL :
							    GFP_ATOMIC;
}

/* kvmalloc() itself is only for callers that may sleep. */
static void *skcipher_phyrs_alloc(size_t size, gfp_t gfp)
{
	return gfpflags_allow_blocking(gfp) ? kvmalloc(size, gfp) :
					      kmalloc(size, gfp);
}

/*
 * One range of a destination. The byte of the stream at @start is number
 * @start - @bias, so that two ranges with the same bias that overlap hold the
 * same bytes of the stream at the same addresses.
 */
struct span {
	phys_addr_t	start;
	phys_addr_t	last;
	u64		bias;
};

static struct span span_at(const struct phyr_iter *iter, size_t cryptlen)
{
	struct phys_vec range = phyr_iter_range(iter);

	return (struct span){
		.start = range.paddr,
		.last = range.paddr + range.len - 1,
		.bias = range.paddr - (cryptlen - iter->left),
	};
}

static int span_compare(const void *a, const void *b)
{
	const struct span *left = a, *right = b;

	return cmp_int(left->start, right->start);
}

/* Do both hold the same memory, but for different bytes of the stream? */
static bool span_clashes(const struct span *src, const struct span *dst)
{
	return src->start <= dst->last && dst->start <= src->last &&
	       src->bias != dst->bias;
}

/* @spans are sorted and disjoint. */
static bool spans_clash(const struct span *src, const struct span *spans,
			unsigned int nr)
{
	unsigned int low = 0, high = nr;

	/* The first span that does not end before @src. */
	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (spans[middle].last < src->start)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < nr && spans[low].start <= src->last; low++)
		if (span_clashes(src, &spans[low]))
			return true;
	return false;
}

/*
 * Count the ranges of the first @cryptlen bytes of a list, and find their lowest
 * and highest address.
 * Return: their number, or 0 if the list has fewer bytes or one of its phyrs is
 * empty or ends beyond the last address.
 */
static unsigned int list_bounds(const struct phyr_list *list, size_t cryptlen,
				phys_addr_t *first, phys_addr_t *last)
{
	unsigned int i, nr = 0;

	*first = PHYS_ADDR_MAX;
	*last = 0;
	for (; list; list = list->next) {
		for (i = 0; i < list->nr; i++) {
			const struct phys_vec *phyr = &list->phyrs[i];
			size_t len = min(phyr->len, cryptlen);
			phys_addr_t end;

			if (!len || check_add_overflow(phyr->paddr,
						       phyr->len - 1, &end))
				return 0;
			*first = min(*first, phyr->paddr);
			*last = max(*last, phyr->paddr + (len - 1));
			nr++;
			cryptlen -= len;
			if (!cryptlen)
				return nr;
		}
	}
	return 0;
}

/* -EINVAL if @src and @dst share memory, other than byte for byte. */
static int check_overlap(const struct phyr_list *src,
			 const struct phyr_list *dst, unsigned int nr_dst,
			 unsigned int cryptlen, gfp_t gfp)
{
	struct span few[SPANS_FEW], *spans = few;
	struct phyr_iter iter;
	unsigned int i = 0;
	int err = 0;

	if (nr_dst > SPANS_FEW) {
		spans = skcipher_phyrs_alloc(array_size(nr_dst, sizeof(*spans)),
					     gfp);
		if (!spans)
			return -ENOMEM;
	}
	iter = phyr_iter_start(dst);
	for (iter.left = cryptlen; iter.left; i++) {
		spans[i] = span_at(&iter, cryptlen);
		phyr_iter_advance(&iter, spans[i].last - spans[i].start + 1);
	}
	sort(spans, nr_dst, sizeof(*spans), span_compare, NULL);
	for (i = 1; i < nr_dst && !err; i++)
		if (spans[i].start <= spans[i - 1].last)
			err = -EINVAL;

	iter = phyr_iter_start(src);
	for (iter.left = cryptlen; iter.left && !err;) {
		struct span span = span_at(&iter, cryptlen);

		if (spans_clash(&span, spans, nr_dst))
			err = -EINVAL;
		phyr_iter_advance(&iter, span.last - span.start + 1);
	}

	if (spans != few)
		kvfree(spans);
	return err;
}

/**
 * skcipher_request_set_phyrs() - set data as lists of phyrs
 * @req: request, with its tfm and its callback (and flags) set before
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
 * %CRYPTO_ALG_REQ_PHYRS, too.
 *
 * The phyrs must be memory with struct pages. The lists, their arrays and the
 * memory belong to the caller, and must stay as they are until the request is
 * complete. That no two phyrs of one list share a byte is up to the caller.
 *
 * Context: Any; may sleep if the request has %CRYPTO_TFM_REQ_MAY_SLEEP.
 * Return: 0; %-EINVAL if @cryptlen is beyond what an unsigned int can hold, a
 * list has fewer bytes or an empty phyr among them, or the lists overlap
 * otherwise; %-ENOMEM. On error the request is as it was.
 */
int skcipher_request_set_phyrs(struct skcipher_request *req,
			       const struct phyr_list *src,
			       const struct phyr_list *dst, size_t cryptlen,
			       void *iv)
{
	phys_addr_t src_first, src_last, dst_first, dst_last;
	unsigned int nr_dst;
	int err;

	if (cryptlen > UINT_MAX)
		return -EINVAL;
	if (cryptlen) {
		nr_dst = list_bounds(dst, cryptlen, &dst_first, &dst_last);
		if (!nr_dst)
			return -EINVAL;
		if (src != dst) {
			if (!list_bounds(src, cryptlen, &src_first, &src_last))
				return -EINVAL;
			if (src_first <= dst_last && dst_first <= src_last) {
				err = check_overlap(src, dst, nr_dst, cryptlen,
						    skcipher_request_gfp(req));
				if (err)
					return err;
			}
		}
	}

	req->src_phyrs = src;
	req->dst_phyrs = dst;
	req->cryptlen = cryptlen;
	req->iv = iv;
	req->base.flags |= CRYPTO_SKCIPHER_REQ_PHYRS;
	return 0;
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
	req->base.flags |= CRYPTO_SKCIPHER_REQ_PHYRS;
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
	req->base.flags &= ~CRYPTO_SKCIPHER_REQ_PHYRS;

	err = crypt(req);
	if (err != -EINPROGRESS && err != -EBUSY)
		restore(converted);
	return err;
}
