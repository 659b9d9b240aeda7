// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every symmetric key cipher of this kernel gives the same over phyrs as over
 * scatterlists: bytes, IV and error.
 *
 * Two memories have the same content and are divided in the same way at random,
 * one into the entries of a scatterlist, some of them empty, the other one into
 * phyrs. Afterwards they are compared as a whole, so that a byte outside of what
 * was to be written shows, too. Lengths are up to several of the steps in which
 * phyrs are walked, and mostly no multiple of a block.
 */
#include <crypto/internal/skcipher.h>
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/phyr.h>
#include <linux/prandom.h>
#include <linux/scatterlist.h>

#include "internal.h"

#define SEED		11
#define NR_ROUNDS	24
#define LARGE_EVERY	8		/* rounds of which one is of any length */
#define SMALL		SZ_4K
#define LEN_MAX		(150 * SZ_1K)
#define ARENA		(160 * SZ_1K)	/* with all gaps */
#define GAP_MAX		64
#define ENTRIES		64
#define BLOCK		16		/* of most ciphers */
#define KEY_MAX		64
#define IV_MAX		32
#define NAMES		64

/* Ciphers that exist after somebody has asked for them */
static const char *const templates[] = {
	"ctr(aes-lib)", "cbc(aes-lib)", "xts(ecb-aes-lib)", "cts(cbc-aes-lib)",
	"cryptd(cbc-aes-lib)",
};

/* Ciphers for which nothing is to be converted, where they are there */
static const char *const native[] = {
	"ecb-aes-lib", "cbc-aes-lib", "ctr-aes-lib", "virtio_crypto_aes_cbc",
	"ecb-aes-aesni", "cbc-aes-aesni", "ctr-aes-aesni",
	"ctr-aes-aesni-avx", "xctr-aes-aesni-avx",
	"ctr-aes-vaes-avx2", "xctr-aes-vaes-avx2",
	"ctr-aes-vaes-avx512", "xctr-aes-vaes-avx512",
	"ecb-aes-ce", "cbc-aes-ce", "ctr-aes-ce", "xctr-aes-ce",
	"essiv-cbc-aes-sha256-ce",
	"ecb-aes-neon", "cbc-aes-neon", "ctr-aes-neon", "xctr-aes-neon",
	"essiv-cbc-aes-sha256-neon",
	"ecb-aes-neonbs", "cbc-aes-neonbs", "ctr-aes-neonbs",
	"ecb-sm4-ce", "cbc-sm4-ce", "ctr-sm4-ce",
	"ecb-sm4-neon", "cbc-sm4-neon", "ctr-sm4-neon",
};

/* Source or destination */
struct side {
	u8			*sg_arena;
	u8			*phyr_arena;
	struct scatterlist	sgs[ENTRIES];
	struct phyr_list	list;
};

struct fixture {
	struct crypto_skcipher	*tfm;
	struct skcipher_request	*req;
	struct crypto_wait	wait;
	struct rnd_state	rnd;
	struct side		src;
	struct side		dst;
	char			names[NAMES][CRYPTO_MAX_ALG_NAME];
	unsigned int		nr_names;
};

static void use(struct kunit *test, const char *name)
{
	struct fixture *f = test->priv;

	f->tfm = crypto_alloc_skcipher(name, 0, 0);
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(f->tfm), "%s: %pe", name, f->tfm);
	f->req = skcipher_request_alloc(f->tfm, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->req);
	crypto_init_wait(&f->wait);
	skcipher_request_set_callback(f->req, CRYPTO_TFM_REQ_MAY_BACKLOG |
				      CRYPTO_TFM_REQ_MAY_SLEEP, crypto_req_done,
				      &f->wait);
}

static void leave(struct fixture *f)
{
	skcipher_request_free(f->req);
	crypto_free_skcipher(f->tfm);
	f->req = NULL;
	f->tfm = NULL;
}

static void find_names(struct fixture *f)
{
	struct crypto_alg *alg;

	down_read(&crypto_alg_sem);
	list_for_each_entry(alg, &crypto_alg_list, cra_list) {
		u32 type = alg->cra_flags & CRYPTO_ALG_TYPE_MASK;

		if ((type == CRYPTO_ALG_TYPE_SKCIPHER ||
		     type == CRYPTO_ALG_TYPE_LSKCIPHER) &&
		    !(alg->cra_flags & (CRYPTO_ALG_INTERNAL |
					CRYPTO_ALG_LARVAL | CRYPTO_ALG_DEAD |
					CRYPTO_ALG_DYING)) &&
		    f->nr_names < NAMES)
			strscpy(f->names[f->nr_names++], alg->cra_driver_name);
	}
	up_read(&crypto_alg_sem);
}

static u32 below(struct fixture *f, u32 limit)
{
	return prandom_u32_state(&f->rnd) % limit;
}

static void fill(struct fixture *f, struct side *side)
{
	prandom_bytes_state(&f->rnd, side->sg_arena, ARENA);
	memcpy(side->phyr_arena, side->sg_arena, ARENA);
}

/* Divide @len bytes of both arenas at the same places. */
static void divide(struct kunit *test, struct side *side, size_t len)
{
	struct fixture *f = test->priv;
	unsigned int nr = 0;
	size_t at = 0;

	sg_init_table(side->sgs, ENTRIES);
	phyr_list_free(&side->list);
	while (len) {
		size_t n = min(1 + below(f, 2u << below(f, 17)), len);

		/* The last two are for an empty entry and for the rest. */
		if (nr >= ENTRIES - 3)
			n = len;
		if (!below(f, 4))
			at += below(f, GAP_MAX);
		if (!below(f, 4))
			sg_set_buf(&side->sgs[nr++], side->sg_arena + at, 0);
		sg_set_buf(&side->sgs[nr++], side->sg_arena + at, n);
		KUNIT_ASSERT_EQ(test, 0,
				phyr_list_add(&side->list,
					      virt_to_phys(side->phyr_arena + at),
					      n, GFP_KERNEL));
		at += n;
		len -= n;
	}
	KUNIT_ASSERT_LE(test, at, ARENA);
	sg_mark_end(&side->sgs[nr - 1]);
}

static int crypt(struct fixture *f, bool encrypt)
{
	int err = encrypt ? crypto_skcipher_encrypt(f->req) :
			    crypto_skcipher_decrypt(f->req);

	return crypto_wait_req(err, &f->wait);
}

static void check_equal(struct kunit *test, const char *name, size_t len,
			const char *what, const u8 *wanted, const u8 *got,
			size_t size)
{
	KUNIT_ASSERT_EQ_MSG(test, 0, memcmp(wanted, got, size),
			    "%s: another %s for %zu bytes", name, what, len);
}

static void check_round(struct kunit *test, const char *name, size_t len,
			bool encrypt, bool in_place)
{
	struct fixture *f = test->priv;
	struct side *to = in_place ? &f->src : &f->dst;
	u8 iv[IV_MAX], phyr_iv[IV_MAX];
	int wanted, err;

	prandom_bytes_state(&f->rnd, iv, sizeof(iv));
	memcpy(phyr_iv, iv, sizeof(iv));
	fill(f, &f->src);
	fill(f, &f->dst);
	divide(test, &f->src, len);
	divide(test, &f->dst, len);

	skcipher_request_set_crypt(f->req, f->src.sgs, to->sgs, len, iv);
	wanted = crypt(f, encrypt);
	skcipher_request_set_phyrs(f->req, &f->src.list, &to->list, len,
				   phyr_iv);
	err = crypt(f, encrypt);
	KUNIT_ASSERT_EQ_MSG(test, wanted, err, "%s: %zu bytes", name, len);
	if (err)
		return;
	check_equal(test, name, len, "source", f->src.sg_arena,
		    f->src.phyr_arena, ARENA);
	check_equal(test, name, len, "destination", f->dst.sg_arena,
		    f->dst.phyr_arena, ARENA);
	/* What is left after a part of a block is nobody's business. */
	if (!(len % BLOCK))
		check_equal(test, name, len, "IV", iv, phyr_iv, sizeof(iv));
}

static void check_cipher(struct kunit *test, const char *name)
{
	struct fixture *f = test->priv;
	u8 key[KEY_MAX];
	unsigned int i, size;

	use(test, name);
	size = crypto_skcipher_max_keysize(f->tfm);
	KUNIT_ASSERT_LE(test, size, sizeof(key));
	KUNIT_ASSERT_LE(test, crypto_skcipher_ivsize(f->tfm), IV_MAX);
	prandom_bytes_state(&f->rnd, key, sizeof(key));
	KUNIT_ASSERT_EQ_MSG(test, 0, crypto_skcipher_setkey(f->tfm, key, size),
			    "%s: key of %u bytes", name, size);
	for (i = 0; i < NR_ROUNDS; i++) {
		size_t len = 1 + below(f, i % LARGE_EVERY ? SMALL : LEN_MAX);

		/* Some ciphers take whole blocks only. */
		if (i % 4 < 3)
			len = round_up(len, BLOCK);
		check_round(test, name, len, i & 1, i & 2);
	}
	leave(f);
}

static void same_as_scatterlists(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(templates); i++)
		if (crypto_has_skcipher(templates[i], 0, 0))
			crypto_free_skcipher(crypto_alloc_skcipher(templates[i],
								   0, 0));
	find_names(f);
	KUNIT_ASSERT_LT(test, f->nr_names, NAMES);
	for (i = 0; i < f->nr_names; i++) {
		kunit_info(test, "%s", f->names[i]);
		check_cipher(test, f->names[i]);
	}
	if (!f->nr_names)
		kunit_skip(test, "no cipher");
}

static void nothing_is_converted(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned int i, found = 0;

	if (IS_ENABLED(CONFIG_HIGHMEM))
		kunit_skip(test, "phyrs may not be mapped");
	for (i = 0; i < ARRAY_SIZE(native); i++) {
		if (!crypto_has_skcipher(native[i], 0, 0))
			continue;
		found++;
		use(test, native[i]);
		KUNIT_EXPECT_TRUE_MSG(test,
				      f->tfm->base.__crt_alg->cra_flags &
				      CRYPTO_ALG_REQ_PHYRS, "%s", native[i]);
		leave(f);
	}
	if (!found)
		kunit_skip(test, "none of the ciphers");
}

static void side_init(struct kunit *test, struct side *side)
{
	side->sg_arena = kunit_kmalloc(test, ARENA, GFP_KERNEL);
	side->phyr_arena = kunit_kmalloc(test, ARENA, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, side->sg_arena);
	KUNIT_ASSERT_NOT_NULL(test, side->phyr_arena);
}

static int fixture_init(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	test->priv = f;
	prandom_seed_state(&f->rnd, SEED);
	side_init(test, &f->src);
	side_init(test, &f->dst);
	return 0;
}

static void fixture_exit(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	phyr_list_free(&f->src.list);
	phyr_list_free(&f->dst.list);
	if (f->req)
		skcipher_request_free(f->req);
	if (!IS_ERR_OR_NULL(f->tfm))
		crypto_free_skcipher(f->tfm);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_SLOW(same_as_scatterlists),
	KUNIT_CASE(nothing_is_converted),
	{}
};

static struct kunit_suite suite = {
	.name		= "phyr_ciphers",
	.init		= fixture_init,
	.exit		= fixture_exit,
	.test_cases	= cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit tests of all ciphers over physical ranges");
MODULE_IMPORT_NS("CRYPTO_INTERNAL");
MODULE_LICENSE("GPL");
