// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cipher requests over phyrs, with ciphers of our own that do what others do
 * rarely: need alignment, complete later, go through a backlog, fail.
 *
 * The cipher adds one to each byte. Its memory is 1,024 bytes that are divided
 * at random, so that a byte that is done twice, not at all or to the wrong
 * place shows.
 */
#include <crypto/internal/skcipher.h>
#include <crypto/scatterwalk.h>
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/workqueue.h>

#define SEED		7
#define NR_ROUNDS	200
#define LEN		1024
#define ALIGNMASK	15

static struct {
	struct work_struct		work;
	struct skcipher_request		*req;
	int				error;		/* of all requests */
	bool				backlog;
	unsigned int			unaligned;	/* unaligned steps */
	bool				had_phyrs;
	unsigned int			finals;		/* streams that ended */
} cipher;

static int add_one(struct skcipher_request *req)
{
	struct skcipher_walk walk;
	unsigned int i;
	int err;

	cipher.had_phyrs = skcipher_request_has_phyrs(req);
	err = skcipher_walk_virt(&walk, req, false);
	while (walk.nbytes) {
		const u8 *src = walk.src.virt.addr;
		u8 *dst = walk.dst.virt.addr;

		if (((unsigned long)src | (unsigned long)dst) & ALIGNMASK)
			cipher.unaligned++;
		for (i = 0; i < walk.nbytes; i++)
			dst[i] = src[i] + 1;
		err = skcipher_walk_done(&walk, 0);
	}
	return err;
}

static void complete_request(struct skcipher_request *req, int err)
{
	local_bh_disable();
	skcipher_request_complete(req, err);
	local_bh_enable();
}

static void add_one_later(struct work_struct *work)
{
	struct skcipher_request *req = cipher.req;
	int err = cipher.error;

	if (cipher.backlog)
		complete_request(req, -EINPROGRESS);
	if (!err)
		err = add_one(req);
	complete_request(req, err);
}

static int add_one_async(struct skcipher_request *req)
{
	cipher.req = req;
	queue_work(system_dfl_wq, &cipher.work);
	return cipher.backlog ? -EBUSY : -EINPROGRESS;
}

static int no_key(struct crypto_skcipher *tfm, const u8 *key, unsigned int len)
{
	return 0;
}

/* suite_init() adds what they have in common. */
static struct skcipher_alg algs[] = {
	{
		.base.cra_name		= "phyr-native",
		.base.cra_driver_name	= "phyr-native-kunit",
		.base.cra_flags		= CRYPTO_ALG_WALK_PHYRS,
		.encrypt		= add_one,
	}, {
		.base.cra_name		= "phyr-converted",
		.base.cra_driver_name	= "phyr-converted-kunit",
		.encrypt		= add_one,
	}, {
		.base.cra_name		= "phyr-async",
		.base.cra_driver_name	= "phyr-async-kunit",
		.base.cra_flags		= CRYPTO_ALG_ASYNC,
		.encrypt		= add_one_async,
	},
};

/* Adds 0 to the first byte of a stream, 1 to the next, and so on. */
static int add_place(struct crypto_lskcipher *tfm, const u8 *src, u8 *dst,
		     unsigned int len, u8 *place, u32 flags)
{
	if (!(flags & CRYPTO_LSKCIPHER_FLAG_CONT))
		*place = 0;
	while (len--)
		*dst++ = *src++ + (*place)++;
	if (flags & CRYPTO_LSKCIPHER_FLAG_FINAL)
		cipher.finals++;
	return 0;
}

static int no_stream_key(struct crypto_lskcipher *tfm, const u8 *key,
			 unsigned int len)
{
	return 0;
}

static struct lskcipher_alg stream_alg = {
	.co.base.cra_name		= "phyr-stream",
	.co.base.cra_driver_name	= "phyr-stream-kunit",
	.co.base.cra_priority		= 1,
	.co.base.cra_blocksize		= 1,
	.co.base.cra_module		= THIS_MODULE,
	.co.statesize			= 1,
	.setkey				= no_stream_key,
	.encrypt			= add_place,
	.decrypt			= add_place,
};

struct fixture {
	struct crypto_skcipher	*tfm;
	struct skcipher_request	*req;
	struct crypto_wait	wait;
	unsigned int		in_progress;
	u8			*src;
	u8			*dst;
	struct phyr_list	src_list;
	struct phyr_list	dst_list;
};

static void fixture_done(void *data, int err)
{
	struct fixture *f = data;

	if (err == -EINPROGRESS)
		f->in_progress++;
	crypto_req_done(&f->wait, err);
}

static void fixture_use(struct kunit *test, const char *name)
{
	struct fixture *f = test->priv;

	f->tfm = crypto_alloc_skcipher(name, 0, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f->tfm);
	f->req = skcipher_request_alloc(f->tfm, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->req);
	f->in_progress = 0;
	crypto_init_wait(&f->wait);
	skcipher_request_set_callback(f->req, CRYPTO_TFM_REQ_MAY_BACKLOG |
				      CRYPTO_TFM_REQ_MAY_SLEEP, fixture_done, f);
}

static void fixture_leave(struct fixture *f)
{
	skcipher_request_free(f->req);
	crypto_free_skcipher(f->tfm);
	f->req = NULL;
	f->tfm = NULL;
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

static int run(struct fixture *f, const struct phyr_list *src,
	       const struct phyr_list *dst)
{
	skcipher_request_set_phyrs(f->req, src, dst, LEN, NULL);
	return crypto_wait_req(crypto_skcipher_encrypt(f->req), &f->wait);
}

static void check_rounds(struct kunit *test, const char *name, bool native)
{
	struct fixture *f = test->priv;
	size_t *from, *to, i;
	struct rnd_state rnd;
	int round;

	from = kunit_kmalloc_array(test, LEN, sizeof(*from), GFP_KERNEL);
	to = kunit_kmalloc_array(test, LEN, sizeof(*to), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, from);
	KUNIT_ASSERT_NOT_NULL(test, to);
	fixture_use(test, name);
	prandom_seed_state(&rnd, SEED);
	for (round = 0; round < NR_ROUNDS; round++) {
		bool in_place = round & 1;
		u8 *dst = in_place ? f->src : f->dst;

		prandom_bytes_state(&rnd, f->src, PAGE_SIZE);
		memset(f->dst, 0, PAGE_SIZE);
		divide(test, &rnd, f->src, from, &f->src_list);
		divide(test, &rnd, f->dst, to, &f->dst_list);
		for (i = 0; i < LEN; i++)
			f->dst[PAGE_SIZE + i] = f->src[from[i]] + 1;

		KUNIT_ASSERT_EQ(test, 0,
				run(f, &f->src_list,
				    in_place ? &f->src_list : &f->dst_list));
		KUNIT_ASSERT_EQ(test, native, cipher.had_phyrs);
		for (i = 0; i < LEN; i++)
			KUNIT_ASSERT_EQ(test, f->dst[PAGE_SIZE + i],
					dst[in_place ? from[i] : to[i]]);
		/* The conversion is undone. */
		KUNIT_ASSERT_TRUE(test, skcipher_request_has_phyrs(f->req));
		KUNIT_ASSERT_PTR_EQ(test, &f->src_list, f->req->src_phyrs);
		KUNIT_ASSERT_PTR_EQ(test, f, f->req->base.data);
		KUNIT_ASSERT_TRUE(test,
				  f->req->base.complete == fixture_done);
	}
	fixture_leave(f);
	KUNIT_EXPECT_EQ(test, 0, cipher.unaligned);
}

static void walk_aligns_phyrs(struct kunit *test)
{
	check_rounds(test, "phyr-native", !IS_ENABLED(CONFIG_HIGHMEM));
}

static void core_converts(struct kunit *test)
{
	check_rounds(test, "phyr-converted", false);
}

static void core_converts_async(struct kunit *test)
{
	check_rounds(test, "phyr-async", false);
}

static void backlog_is_passed_on(struct kunit *test)
{
	struct fixture *f = test->priv;

	cipher.backlog = true;
	fixture_use(test, "phyr-async");
	KUNIT_ASSERT_EQ(test, 0, phyr_list_add(&f->src_list,
					       virt_to_phys(f->src), LEN,
					       GFP_KERNEL));
	f->src[LEN - 1] = 5;
	KUNIT_EXPECT_EQ(test, 0, run(f, &f->src_list, &f->src_list));
	KUNIT_EXPECT_EQ(test, 6, f->src[LEN - 1]);
	KUNIT_EXPECT_EQ(test, 1, f->in_progress);
	fixture_leave(f);
}

static void errors_are_passed_on(struct kunit *test)
{
	struct fixture *f = test->priv;

	cipher.error = -EIO;
	fixture_use(test, "phyr-async");
	KUNIT_ASSERT_EQ(test, 0, phyr_list_add(&f->src_list,
					       virt_to_phys(f->src), LEN,
					       GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, -EIO, run(f, &f->src_list, &f->src_list));
	KUNIT_EXPECT_TRUE(test, skcipher_request_has_phyrs(f->req));
	KUNIT_EXPECT_PTR_EQ(test, f, f->req->base.data);
	fixture_leave(f);
}

/* Three requests make one stream; only the last one is final. */
static void stream_goes_on(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct rnd_state rnd;
	size_t *offsets, i;
	unsigned int part;

	offsets = kunit_kmalloc_array(test, LEN, sizeof(*offsets), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, offsets);
	fixture_use(test, "phyr-stream");
	prandom_seed_state(&rnd, SEED);
	for (part = 0; part < 3; part++) {
		u32 flags = CRYPTO_TFM_REQ_MAY_SLEEP;

		if (part)
			flags |= CRYPTO_SKCIPHER_REQ_CONT;
		if (part < 2)
			flags |= CRYPTO_SKCIPHER_REQ_NOTFINAL;
		skcipher_request_set_callback(f->req, flags, fixture_done, f);
		memset(f->src, 0, PAGE_SIZE);
		divide(test, &rnd, f->src, offsets, &f->src_list);
		/* An odd length, so that the places of the parts differ. */
		skcipher_request_set_phyrs(f->req, &f->src_list, &f->src_list,
					   LEN - 1, NULL);
		KUNIT_ASSERT_EQ(test, 0, crypto_skcipher_encrypt(f->req));
		for (i = 0; i < LEN - 1; i++)
			KUNIT_ASSERT_EQ(test, (u8)(part * (LEN - 1) + i),
					f->src[offsets[i]]);
		KUNIT_EXPECT_EQ(test, part == 2, cipher.finals);
	}
	fixture_leave(f);
}

/* set_phyrs() and set_crypt() say what it is, set_callback() does not. */
static void request_knows_its_form(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct scatterlist sg;

	fixture_use(test, "phyr-native");
	KUNIT_ASSERT_EQ(test, 0, phyr_list_add(&f->src_list,
					       virt_to_phys(f->src), LEN,
					       GFP_KERNEL));
	skcipher_request_set_phyrs(f->req, &f->src_list, &f->src_list, LEN,
				   NULL);
	skcipher_request_set_callback(f->req, 0, fixture_done, f);
	KUNIT_EXPECT_TRUE(test, skcipher_request_has_phyrs(f->req));
	sg_init_one(&sg, f->src, LEN);
	skcipher_request_set_crypt(f->req, &sg, &sg, LEN, NULL);
	KUNIT_EXPECT_FALSE(test, skcipher_request_has_phyrs(f->req));
	skcipher_request_set_callback(f->req, U32_MAX, fixture_done, f);
	KUNIT_EXPECT_FALSE(test, skcipher_request_has_phyrs(f->req));
	fixture_leave(f);
}

/* The bytes of all lists of a chain count, on each side, for every cipher. */
static void short_lists_are_refused(struct kunit *test)
{
	static const char *const names[] = {
		"phyr-native", "phyr-converted", "phyr-async", "phyr-stream",
	};
	struct fixture *f = test->priv;
	struct phyr_list front = {};
	unsigned int i;

	KUNIT_ASSERT_EQ(test, 0, phyr_list_add(&f->src_list,
					       virt_to_phys(f->src), LEN - 1,
					       GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, phyr_list_add(&f->dst_list,
					       virt_to_phys(f->dst), LEN,
					       GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, phyr_list_add(&front,
					       virt_to_phys(f->src + LEN), 1,
					       GFP_KERNEL));
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		fixture_use(test, names[i]);
		front.next = NULL;
		KUNIT_EXPECT_EQ(test, -EINVAL,
				run(f, &f->src_list, &f->dst_list));
		KUNIT_EXPECT_EQ(test, -EINVAL,
				run(f, &f->dst_list, &f->src_list));
		KUNIT_EXPECT_EQ(test, -EINVAL,
				run(f, &f->src_list, &f->src_list));
		KUNIT_EXPECT_EQ(test, -EINVAL, run(f, &front, &f->dst_list));
		phyr_list_prepend(&front, &f->src_list);
		KUNIT_EXPECT_EQ(test, 0, run(f, &front, &f->dst_list));
		fixture_leave(f);
	}
	phyr_list_free(&front);
}

static int fixture_init(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	test->priv = f;
	memset(&cipher, 0, sizeof(cipher));
	INIT_WORK(&cipher.work, add_one_later);
	/* The second page of @dst holds the expected bytes. */
	f->src = kunit_kmalloc(test, 2 * PAGE_SIZE, GFP_KERNEL);
	f->dst = kunit_kmalloc(test, 2 * PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->src);
	KUNIT_ASSERT_NOT_NULL(test, f->dst);
	return 0;
}

static void fixture_exit(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	phyr_list_free(&f->src_list);
	phyr_list_free(&f->dst_list);
	if (f->req)
		skcipher_request_free(f->req);
	if (!IS_ERR_OR_NULL(f->tfm))
		crypto_free_skcipher(f->tfm);
}

static int suite_init(struct kunit_suite *suite)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(algs); i++) {
		algs[i].base.cra_priority = 1;
		algs[i].base.cra_blocksize = 1;
		algs[i].base.cra_alignmask = ALIGNMASK;
		algs[i].base.cra_module = THIS_MODULE;
		algs[i].chunksize = 16;
		algs[i].setkey = no_key;
		algs[i].decrypt = algs[i].encrypt;
	}
	err = crypto_register_lskcipher(&stream_alg);
	if (err)
		return err;
	err = crypto_register_skciphers(algs, ARRAY_SIZE(algs));
	if (err)
		crypto_unregister_lskcipher(&stream_alg);
	return err;
}

static void suite_exit(struct kunit_suite *suite)
{
	crypto_unregister_skciphers(algs, ARRAY_SIZE(algs));
	crypto_unregister_lskcipher(&stream_alg);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(walk_aligns_phyrs),
	KUNIT_CASE(core_converts),
	KUNIT_CASE(core_converts_async),
	KUNIT_CASE(backlog_is_passed_on),
	KUNIT_CASE(errors_are_passed_on),
	KUNIT_CASE(stream_goes_on),
	KUNIT_CASE(request_knows_its_form),
	KUNIT_CASE(short_lists_are_refused),
	{}
};

static struct kunit_suite suite = {
	.name		= "phyr_skcipher",
	.suite_init	= suite_init,
	.suite_exit	= suite_exit,
	.init		= fixture_init,
	.exit		= fixture_exit,
	.test_cases	= cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit tests for cipher requests over physical ranges");
MODULE_LICENSE("GPL");
