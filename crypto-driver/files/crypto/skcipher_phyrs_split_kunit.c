// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cipher requests over more phyrs or bytes than the cipher takes at once
 *
 * The cipher adds to each byte the number of its 16-byte block, which it counts
 * in the IV, and 1. A byte that is done twice, not at all, or in a part out of
 * turn has a wrong value. Memory is 1,024 bytes that are divided at random.
 */
#include <crypto/internal/skcipher.h>
#include <kunit/test.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/workqueue.h>

#define SEED		9
#define NR_ROUNDS	200
#define LEN		1024
#define BLOCK		16

static struct {
	struct work_struct	work;
	struct skcipher_request	*req;
	bool			later;		/* complete from a work item */
	bool			backlog;	/* go through a backlog, too */
	unsigned int		parts;		/* so far */
	unsigned int		fail_at;	/* this part fails; 0: none */

	/* What was wrong with a part */
	unsigned int		beyond_limits;
	unsigned int		may_sleep;
	unsigned int		no_backlog;
} cipher;

static unsigned int count(const struct phyr_list *list)
{
	return list->next ? UINT_MAX : list->nr;
}

static void check_part(struct skcipher_request *req)
{
	struct crypto_skcipher *tfm = crypto_skcipher_reqtfm(req);

	if (!skcipher_request_has_phyrs(req))
		return;
	if (count(req->src_phyrs) > tfm->max_phyrs ||
	    count(req->dst_phyrs) > tfm->max_phyrs ||
	    req->src_phyrs->len < req->cryptlen ||
	    req->cryptlen > tfm->max_phyr_bytes)
		cipher.beyond_limits++;
	if (cipher.parts == 1)
		return;
	/* Here the first part has completed in a context that cannot sleep. */
	if (cipher.later && (req->base.flags & CRYPTO_TFM_REQ_MAY_SLEEP))
		cipher.may_sleep++;
	if (!(req->base.flags & CRYPTO_TFM_REQ_MAY_BACKLOG))
		cipher.no_backlog++;
}

static int add_number(struct skcipher_request *req)
{
	struct skcipher_walk walk;
	u8 *number = req->iv;
	unsigned int i;
	int err;

	if (cipher.parts == cipher.fail_at)
		return -EIO;
	err = skcipher_walk_virt(&walk, req, false);
	while (walk.nbytes) {
		const u8 *src = walk.src.virt.addr;
		u8 *dst = walk.dst.virt.addr;
		unsigned int n = rounddown(walk.nbytes, BLOCK);

		for (i = 0; i < n; i++) {
			dst[i] = src[i] + 1 + *number;
			if (i % BLOCK == BLOCK - 1)
				(*number)++;
		}
		err = skcipher_walk_done(&walk, walk.nbytes - n);
	}
	return err;
}

static void complete_request(struct skcipher_request *req, int err)
{
	local_bh_disable();
	skcipher_request_complete(req, err);
	local_bh_enable();
}

static void add_later(struct work_struct *work)
{
	struct skcipher_request *req = cipher.req;

	if (cipher.backlog)
		complete_request(req, -EINPROGRESS);
	complete_request(req, add_number(req));
}

static int encrypt(struct skcipher_request *req)
{
	cipher.parts++;
	check_part(req);
	if (!cipher.later)
		return add_number(req);
	cipher.req = req;
	queue_work(system_dfl_wq, &cipher.work);
	return cipher.backlog ? -EBUSY : -EINPROGRESS;
}

static int no_key(struct crypto_skcipher *tfm, const u8 *key, unsigned int len)
{
	return 0;
}

static struct skcipher_alg alg = {
	.base.cra_name		= "phyr-parts",
	.base.cra_driver_name	= "phyr-parts-kunit",
	.base.cra_priority	= 1,
	.base.cra_flags		= CRYPTO_ALG_ASYNC | CRYPTO_ALG_WALK_PHYRS,
	.base.cra_blocksize	= BLOCK,
	.base.cra_module	= THIS_MODULE,
	.ivsize			= BLOCK,
	.chunksize		= BLOCK,
	.setkey			= no_key,
	.encrypt		= encrypt,
	.decrypt		= encrypt,
};

struct fixture {
	struct crypto_skcipher	*tfm;
	struct skcipher_request	*req;
	struct crypto_wait	wait;
	unsigned int		in_progress;
	u8			*src;
	u8			*dst;
	size_t			*from;
	size_t			*to;
	struct phyr_list	src_list;
	struct phyr_list	dst_list;
	u8			iv[BLOCK];
};

static void request_done(void *data, int err)
{
	struct fixture *f = data;

	if (err == -EINPROGRESS)
		f->in_progress++;
	crypto_req_done(&f->wait, err);
}

/* Make a list of pieces of @memory: random lengths, gaps of 0 to 2 bytes. */
static void divide(struct kunit *test, struct rnd_state *rnd, u8 *memory,
		   size_t *offsets, struct phyr_list *list)
{
	size_t at = 0, done = 0, i;

	phyr_list_free(list);
	while (done < LEN) {
		size_t len = min(1 + prandom_u32_state(rnd) % 100, LEN - done);

		at += prandom_u32_state(rnd) % 3;
		KUNIT_ASSERT_EQ(test, 0,
				phyr_list_add(list, virt_to_phys(memory + at),
					      len, GFP_KERNEL));
		for (i = 0; i < len; i++)
			offsets[done++] = at++;
	}
}

static int run(struct fixture *f, bool in_place, u32 flags)
{
	cipher.parts = 0;
	memset(f->iv, 0, sizeof(f->iv));
	skcipher_request_set_callback(f->req, flags, request_done, f);
	skcipher_request_set_phyrs(f->req, &f->src_list,
				   in_place ? &f->src_list : &f->dst_list, LEN,
				   f->iv);
	return crypto_wait_req(crypto_skcipher_encrypt(f->req), &f->wait);
}

static void check_request(struct kunit *test, bool in_place, u32 flags)
{
	struct fixture *f = test->priv;

	KUNIT_ASSERT_PTR_EQ(test, &f->src_list, f->req->src_phyrs);
	KUNIT_ASSERT_PTR_EQ(test, in_place ? &f->src_list : &f->dst_list,
			    f->req->dst_phyrs);
	KUNIT_ASSERT_EQ(test, LEN, f->req->cryptlen);
	KUNIT_ASSERT_TRUE(test, f->req->has_phyrs);
	KUNIT_ASSERT_EQ(test, flags, f->req->base.flags);
	KUNIT_ASSERT_PTR_EQ(test, f, f->req->base.data);
	KUNIT_ASSERT_TRUE(test, f->req->base.complete == request_done);
}

/* Any limits that let a chunk pass, and any division of the memory */
static void check_rounds(struct kunit *test, u32 flags)
{
	struct fixture *f = test->priv;
	unsigned int round, i;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, SEED);
	for (round = 0; round < NR_ROUNDS; round++) {
		unsigned int max_bytes = BLOCK +
					 prandom_u32_state(&rnd) % LEN;
		unsigned int max_phyrs = BLOCK +
					 prandom_u32_state(&rnd) % 8;
		bool in_place = round & 1;
		u8 *dst = in_place ? f->src : f->dst;

		prandom_bytes_state(&rnd, f->src, 2 * LEN);
		divide(test, &rnd, f->src, f->from, &f->src_list);
		divide(test, &rnd, f->dst, f->to, &f->dst_list);
		for (i = 0; i < LEN; i++)
			f->dst[4 * LEN + i] = f->src[f->from[i]] + 1 + i / BLOCK;

		crypto_skcipher_set_phyr_limits(f->tfm, max_phyrs, max_bytes);
		KUNIT_ASSERT_EQ(test, 0, run(f, in_place, flags));
		KUNIT_ASSERT_GE(test, cipher.parts,
				DIV_ROUND_UP(LEN, max_bytes));
		for (i = 0; i < LEN; i++)
			KUNIT_ASSERT_EQ(test, f->dst[4 * LEN + i],
					dst[in_place ? f->from[i] : f->to[i]]);
		KUNIT_ASSERT_EQ(test, LEN / BLOCK, f->iv[0]);
		check_request(test, in_place, flags);
	}
	KUNIT_EXPECT_EQ(test, 0, cipher.beyond_limits);
	KUNIT_EXPECT_EQ(test, 0, cipher.may_sleep);
	KUNIT_EXPECT_EQ(test, 0, cipher.no_backlog);
}

static void parts_follow_each_other(struct kunit *test)
{
	check_rounds(test, CRYPTO_TFM_REQ_MAY_SLEEP);
}

static void parts_complete_later(struct kunit *test)
{
	cipher.later = true;
	check_rounds(test, CRYPTO_TFM_REQ_MAY_SLEEP);
}

/* The caller is told of a backlog once, and not at all if it knows of none. */
static void parts_go_through_a_backlog(struct kunit *test)
{
	struct fixture *f = test->priv;

	cipher.later = true;
	cipher.backlog = true;
	check_rounds(test, CRYPTO_TFM_REQ_MAY_BACKLOG);
	KUNIT_EXPECT_EQ(test, NR_ROUNDS, f->in_progress);
}

/* Limits of one phyr: no part of a whole block fits if a block has two. */
static void hopeless_limits_are_refused(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_ASSERT_EQ(test, 0, phyr_list_add(&f->src_list,
					       virt_to_phys(f->src), LEN - 1,
					       GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, phyr_list_add(&f->src_list,
					       virt_to_phys(f->src + LEN), 1,
					       GFP_KERNEL));
	crypto_skcipher_set_phyr_limits(f->tfm, 1, LEN);
	KUNIT_EXPECT_EQ(test, -EINVAL, run(f, true, 0));
	check_request(test, true, 0);
	crypto_skcipher_set_phyr_limits(f->tfm, 2, BLOCK - 1);
	KUNIT_EXPECT_EQ(test, -EINVAL, run(f, true, 0));
	check_request(test, true, 0);
	crypto_skcipher_set_phyr_limits(f->tfm, 2, LEN);
	KUNIT_EXPECT_EQ(test, 0, run(f, true, 0));
	KUNIT_EXPECT_EQ(test, 1, cipher.parts);
}

/* Each part fails once: no later one is tried, and the request is restored. */
static void errors_end_the_request(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned int later, part;

	KUNIT_ASSERT_EQ(test, 0, phyr_list_add(&f->src_list,
					       virt_to_phys(f->src), LEN,
					       GFP_KERNEL));
	crypto_skcipher_set_phyr_limits(f->tfm, 1, LEN / 4);
	for (later = 0; later < 2; later++) {
		cipher.later = later;
		for (part = 1; part <= 4; part++) {
			cipher.fail_at = part;
			KUNIT_EXPECT_EQ(test, -EIO, run(f, true, 0));
			KUNIT_EXPECT_EQ(test, part, cipher.parts);
			check_request(test, true, 0);
		}
	}
}

static int fixture_init(struct kunit *test)
{
	struct fixture *f;

	if (!CRYPTO_ALG_WALK_PHYRS)
		kunit_skip(test, "the cipher walks its data, and cannot with HIGHMEM");
	f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f);
	test->priv = f;
	memset(&cipher, 0, sizeof(cipher));
	INIT_WORK(&cipher.work, add_later);
	crypto_init_wait(&f->wait);
	/* Pieces and gaps are less than 4 * LEN; the expected bytes follow. */
	f->src = kunit_kmalloc(test, 5 * LEN, GFP_KERNEL);
	f->dst = kunit_kmalloc(test, 5 * LEN, GFP_KERNEL);
	f->from = kunit_kmalloc_array(test, LEN, sizeof(*f->from), GFP_KERNEL);
	f->to = kunit_kmalloc_array(test, LEN, sizeof(*f->to), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->src);
	KUNIT_ASSERT_NOT_NULL(test, f->dst);
	KUNIT_ASSERT_NOT_NULL(test, f->from);
	KUNIT_ASSERT_NOT_NULL(test, f->to);
	f->tfm = crypto_alloc_skcipher("phyr-parts", 0, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f->tfm);
	f->req = skcipher_request_alloc(f->tfm, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->req);
	return 0;
}

static void fixture_exit(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	phyr_list_free(&f->src_list);
	phyr_list_free(&f->dst_list);
	skcipher_request_free(f->req);
	if (!IS_ERR_OR_NULL(f->tfm))
		crypto_free_skcipher(f->tfm);
}

static int suite_init(struct kunit_suite *suite)
{
	return crypto_register_skcipher(&alg);
}

static void suite_exit(struct kunit_suite *suite)
{
	crypto_unregister_skcipher(&alg);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(parts_follow_each_other),
	KUNIT_CASE(parts_complete_later),
	KUNIT_CASE(parts_go_through_a_backlog),
	KUNIT_CASE(hopeless_limits_are_refused),
	KUNIT_CASE(errors_end_the_request),
	{}
};

static struct kunit_suite suite = {
	.name		= "phyr_skcipher_split",
	.suite_init	= suite_init,
	.suite_exit	= suite_exit,
	.init		= fixture_init,
	.exit		= fixture_exit,
	.test_cases	= cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit tests for cipher requests in parts");
MODULE_LICENSE("GPL");
