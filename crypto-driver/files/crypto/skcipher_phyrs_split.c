// SPDX-License-Identifier: GPL-2.0-only
/*
 * Symmetric key cipher requests over more phyrs or bytes than the algorithm can
 * take at once: the algorithm gets them in parts, one after the other
 *
 * The caller's request becomes each of the parts, and is restored at the end. A
 * part goes on with the IV that the one before it has left in the request.
 */
#include <crypto/internal/skcipher.h>
#include <linux/math.h>
#include <linux/slab.h>

#include "skcipher.h"

struct parts {
	struct skcipher_request	*req;
	int			(*crypt)(struct skcipher_request *req);

	/* What to restore in the request */
	const struct phyr_list	*src_phyrs;
	const struct phyr_list	*dst_phyrs;
	unsigned int		cryptlen;
	u32			flags;
	crypto_completion_t	complete;
	void			*data;

	/* The bytes of the parts that are not made yet; @to is unused in place */
	struct phyr_iter	from;
	struct phyr_iter	to;
	bool			in_place;
	bool			first;		/* is the present part */

	/* The present part */
	struct phyr_list	src;
	struct phyr_list	dst;
	struct phys_vec		phyrs[];
};

/* How many of the next @len bytes lie in at most @max phyrs? */
static size_t bytes_within(struct phyr_iter iter, size_t len, unsigned int max)
{
	for (iter.left = len; iter.left && max; max--)
		phyr_iter_next(&iter);
	return len - iter.left;
}

/* Fill the array of @list with the next @len bytes. */
static void take_bytes(struct phyr_list *list, struct phyr_iter *iter,
		       size_t len)
{
	list->nr = 0;
	list->len = len;
	while (len) {
		struct phys_vec range = phyr_iter_range(iter);

		range.len = min(range.len, len);
		list->phyrs[list->nr++] = range;
		phyr_iter_advance(iter, range.len);
		len -= range.len;
	}
}

/* Make the next part: the most bytes that the algorithm can take. */
static int next_part(struct parts *parts)
{
	struct skcipher_request *req = parts->req;
	struct crypto_skcipher *tfm = crypto_skcipher_reqtfm(req);
	size_t len = min(parts->from.left, tfm->max_phyr_bytes);

	len = bytes_within(parts->from, len, tfm->max_phyrs);
	if (!parts->in_place)
		len = bytes_within(parts->to, len, tfm->max_phyrs);
	if (len < parts->from.left)
		len = rounddown(len, crypto_skcipher_chunksize(tfm));
	if (!len)
		return -EINVAL;

	take_bytes(&parts->src, &parts->from, len);
	if (!parts->in_place)
		take_bytes(&parts->dst, &parts->to, len);
	req->cryptlen = len;
	return 0;
}

/* When this returns -EINPROGRESS or -EBUSY, @parts may be gone. */
static int crypt_parts(struct parts *parts)
{
	struct skcipher_request *req = parts->req;
	bool first;
	int err;

	do {
		err = next_part(parts);
		if (err)
			return err;
		first = parts->first;
		err = parts->crypt(req);
		if (err == -EINPROGRESS || err == -EBUSY)
			break;
		if (first) {
			/* The caller may not be there to be told about a backlog. */
			parts->first = false;
			req->base.flags |= CRYPTO_TFM_REQ_MAY_BACKLOG;
		}
	} while (!err && parts->from.left);

	/* Only of the first part does the caller expect -EBUSY. */
	return err == -EBUSY && !first ? -EINPROGRESS : err;
}

static void restore(struct parts *parts)
{
	struct skcipher_request *req = parts->req;

	req->src_phyrs = parts->src_phyrs;
	req->dst_phyrs = parts->dst_phyrs;
	req->cryptlen = parts->cryptlen;
	req->base.flags = parts->flags;
	req->base.complete = parts->complete;
	req->base.data = parts->data;
	kfree(parts);
}

static void part_done(void *data, int err)
{
	struct parts *parts = data;
	struct skcipher_request *req = parts->req;

	/* The part has left the backlog, and completes later. */
	if (err == -EINPROGRESS) {
		if (parts->first)
			parts->complete(parts->data, err);
		return;
	}
	if (!err && parts->from.left) {
		parts->first = false;
		req->base.flags &= ~CRYPTO_TFM_REQ_MAY_SLEEP;
		req->base.flags |= CRYPTO_TFM_REQ_MAY_BACKLOG;
		err = crypt_parts(parts);
		if (err == -EINPROGRESS)
			return;
	}
	restore(parts);
	skcipher_request_complete(req, err);
}

static struct phyr_iter start(const struct phyr_list *list, size_t len)
{
	struct phyr_iter iter = phyr_iter_start(list);

	iter.left = len;
	return iter;
}

/* Give the request to @crypt in parts that keep to the limits of its tfm. */
int skcipher_crypt_split(struct skcipher_request *req,
			 int (*crypt)(struct skcipher_request *req))
{
	unsigned int max = crypto_skcipher_reqtfm(req)->max_phyrs;
	bool in_place = req->src_phyrs == req->dst_phyrs;
	gfp_t gfp = req->base.flags & CRYPTO_TFM_REQ_MAY_SLEEP ? GFP_KERNEL :
								 GFP_ATOMIC;
	struct parts *parts;
	int err;

	parts = kmalloc(struct_size(parts, phyrs,
				    array_size(max, in_place ? 1 : 2)),
			gfp | __GFP_NOWARN);
	if (!parts)
		return -ENOMEM;

	*parts = (struct parts){
		.req = req,
		.crypt = crypt,
		.src_phyrs = req->src_phyrs,
		.dst_phyrs = req->dst_phyrs,
		.cryptlen = req->cryptlen,
		.flags = req->base.flags,
		.complete = req->base.complete,
		.data = req->base.data,
		.from = start(req->src_phyrs, req->cryptlen),
		.in_place = in_place,
		.first = true,
		.src.phyrs = parts->phyrs,
		.dst.phyrs = parts->phyrs + max,
	};
	if (!in_place)
		parts->to = start(req->dst_phyrs, req->cryptlen);
	req->src_phyrs = &parts->src;
	req->dst_phyrs = in_place ? &parts->src : &parts->dst;
	req->base.complete = part_done;
	req->base.data = parts;

	err = crypt_parts(parts);
	if (err != -EINPROGRESS && err != -EBUSY)
		restore(parts);
	return err;
}
