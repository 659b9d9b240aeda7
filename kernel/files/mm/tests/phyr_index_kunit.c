// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every lookup is compared with a scan of the phyrs from the first on, at the
 * first, second and last byte of each phyr and behind the last one. A lookup
 * is linear between those, so that no other offset can go wrong alone.
 */
#include <kunit/test.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/phyr_index.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#define MAX_PHYRS	64

/* A size_t counts all the bytes of a list: five such phyrs, or one of each. */
#define LONG_LEN	(IS_ENABLED(CONFIG_64BIT) ? SZ_1G : SZ_512M)
#define LONGEST_LEN	(IS_ENABLED(CONFIG_64BIT) ? (size_t)SZ_4G : \
						    SZ_2G + SZ_1G)
/* Of one random phyr. */
#define MOST_PAGES	(IS_ENABLED(CONFIG_64BIT) ? SZ_1M : SZ_8K)

static struct phys_vec scan(const struct phyr_list *list, size_t offset)
{
	unsigned int i;

	for (i = 0; i < list->nr; i++) {
		const struct phys_vec *phyr = &list->phyrs[i];

		if (offset < phyr->len)
			return (struct phys_vec){
				.paddr = phyr->paddr + offset,
				.len = phyr->len - offset,
			};
		offset -= phyr->len;
	}
	return (struct phys_vec){};
}

static void expect_same(struct kunit *test, const struct phyr_index *index,
			const struct phyr_list *list, size_t offset)
{
	struct phys_vec want = scan(list, offset);
	struct phys_vec got = phyr_index_find(index, offset);
	size_t skip, i;

	KUNIT_EXPECT_EQ_MSG(test, got.len, want.len, "at offset %#zx of %u phyrs",
			    offset, list->nr);
	if (!want.len)
		return;
	KUNIT_EXPECT_EQ_MSG(test, got.paddr, want.paddr,
			    "at offset %#zx of %u phyrs", offset, list->nr);
	i = phyr_index_locate(index, offset, &skip);
	KUNIT_ASSERT_LT_MSG(test, i, list->nr, "at offset %#zx of %u phyrs",
			    offset, list->nr);
	KUNIT_EXPECT_EQ(test, list->phyrs[i].paddr + skip, want.paddr);
	KUNIT_EXPECT_EQ(test, list->phyrs[i].len - skip, want.len);
}

static void expect_same_everywhere(struct kunit *test,
				   const struct phyr_index *index,
				   const struct phyr_list *list)
{
	size_t start = 0;
	unsigned int i;

	for (i = 0; i < list->nr; i++) {
		expect_same(test, index, list, start);
		expect_same(test, index, list, start + 1);
		start += list->phyrs[i].len;
		expect_same(test, index, list, start - 1);
	}
	expect_same(test, index, list, start);
	expect_same(test, index, list, start + 1);
	expect_same(test, index, list, start + SZ_2G);
	expect_same(test, index, list, SIZE_MAX);
}

/* Phyrs of the lengths that follow, none adjacent to another. */
static struct phyr_list make_list(struct phys_vec *phyrs, const size_t *lens,
				  unsigned int nr)
{
	struct phyr_list list = { .phyrs = phyrs, .nr = nr, .max = nr };
	unsigned int i;

	for (i = 0; i < nr; i++) {
		phyrs[i].paddr = ((phys_addr_t)(nr - i) <<
				  (BITS_PER_BYTE * sizeof(phys_addr_t) - 24)) +
				 i * SZ_4K;
		phyrs[i].len = lens[i];
		list.len += lens[i];
	}
	return list;
}

static void expect_index(struct kunit *test, const size_t *lens,
			 unsigned int nr, bool uniform)
{
	struct phyr_index index = {};
	struct phys_vec phyrs[8];
	struct phyr_list list;

	KUNIT_ASSERT_LE(test, nr, ARRAY_SIZE(phyrs));
	list = make_list(phyrs, lens, nr);
	KUNIT_ASSERT_EQ(test, phyr_index_build(&index, &list), 0);
	KUNIT_EXPECT_EQ(test, index.uniform, uniform);
	KUNIT_EXPECT_EQ(test, !index.ends, uniform);
	expect_same_everywhere(test, &index, &list);
	phyr_index_free(&index);
	expect_same(test, &index, &(struct phyr_list){}, 0);
}

#define EXPECT_INDEX(test, uniform, ...) \
	expect_index(test, (size_t[]){ __VA_ARGS__ }, \
		     ARRAY_SIZE(((size_t[]){ __VA_ARGS__ })), uniform)

static void phyr_index_empty(struct kunit *test)
{
	struct phyr_index index = {};
	struct phyr_list list = {};

	expect_same_everywhere(test, &index, &list);
	KUNIT_ASSERT_EQ(test, phyr_index_build(&index, &list), 0);
	expect_same_everywhere(test, &index, &list);
}

/* An index is of one array; bytes of a list behind it would not be found. */
static void phyr_index_refuses_chains(struct kunit *test)
{
	struct phys_vec phyr = { .paddr = SZ_4K, .len = SZ_4K };
	struct phyr_list behind = make_list(&phyr, (size_t[]){ SZ_4K }, 1);
	struct phyr_index index = {};
	struct phyr_list list = {};

	phyr_list_prepend(&list, &behind);
	KUNIT_EXPECT_EQ(test, -EINVAL, phyr_index_build(&index, &list));
	expect_same(test, &index, &(struct phyr_list){}, 0);
}

static void phyr_index_single(struct kunit *test)
{
	EXPECT_INDEX(test, true, 1);
	EXPECT_INDEX(test, true, 3);
	EXPECT_INDEX(test, true, SZ_4K);
	EXPECT_INDEX(test, true, SZ_4K + 1);
	EXPECT_INDEX(test, true, LONG_LEN);
	/* 4 GiB, the next power of two, do not fit 32 bits. */
	EXPECT_INDEX(test, IS_ENABLED(CONFIG_64BIT), LONGEST_LEN + 5);
}

static void phyr_index_pair(struct kunit *test)
{
	EXPECT_INDEX(test, true, SZ_4K, SZ_4K);
	EXPECT_INDEX(test, true, 3000, 17);
	EXPECT_INDEX(test, true, 1, LONG_LEN);
	EXPECT_INDEX(test, IS_ENABLED(CONFIG_64BIT), LONGEST_LEN + 1, 1);
}

static void phyr_index_uniform(struct kunit *test)
{
	EXPECT_INDEX(test, true, SZ_4K, SZ_4K, SZ_4K, SZ_4K, SZ_4K);
	EXPECT_INDEX(test, true, SZ_2M, SZ_2M, SZ_2M);
	EXPECT_INDEX(test, true, LONG_LEN, LONG_LEN, LONG_LEN, LONG_LEN,
		     LONG_LEN);
}

static void phyr_index_clipped(struct kunit *test)
{
	EXPECT_INDEX(test, true, 100, SZ_4K, SZ_4K, SZ_4K);
	EXPECT_INDEX(test, true, SZ_4K, SZ_4K, SZ_4K, 37);
	EXPECT_INDEX(test, true, 1, SZ_4K, 1);
	EXPECT_INDEX(test, true, SZ_4K - 1, SZ_4K, SZ_4K, SZ_4K - 1);
	EXPECT_INDEX(test, true, LONG_LEN - 3, LONG_LEN, LONG_LEN, LONG_LEN,
		     LONG_LEN, 5);
}

static void phyr_index_non_uniform(struct kunit *test)
{
	EXPECT_INDEX(test, false, SZ_4K, SZ_8K, SZ_4K, SZ_4K);
	EXPECT_INDEX(test, false, SZ_4K, SZ_4K, SZ_8K, SZ_4K);
	EXPECT_INDEX(test, false, 1, 3 * SZ_4K, 1);
	EXPECT_INDEX(test, false, SZ_4K + 1, SZ_4K, SZ_4K);
	EXPECT_INDEX(test, false, SZ_4K, SZ_4K, SZ_4K + 1);
	EXPECT_INDEX(test, false, 5, SZ_4K, SZ_2M, LONG_LEN, LONGEST_LEN, 7);
}

/* What a fast registration MR does: mapping again must not allocate. */
static void phyr_index_reserved(struct kunit *test)
{
	static const size_t mixed[] = { SZ_4K, SZ_8K, SZ_4K, 12 };
	static const size_t pages[] = { SZ_4K, SZ_4K, SZ_4K, SZ_4K };
	struct phyr_index index = {};
	struct phys_vec phyrs[4];
	struct phyr_list list;
	size_t *ends;
	int round;

	KUNIT_ASSERT_EQ(test, phyr_index_reserve(&index, 4), 0);
	ends = index.ends;
	for (round = 0; round < 3; round++) {
		list = make_list(phyrs, round == 1 ? pages : mixed, 4);
		KUNIT_EXPECT_EQ(test, phyr_index_build(&index, &list), 0);
		KUNIT_EXPECT_EQ(test, index.uniform, round == 1);
		KUNIT_EXPECT_PTR_EQ(test, index.ends, ends);
		expect_same_everywhere(test, &index, &list);
	}
	phyr_index_free(&index);
}

static void random_lens(struct rnd_state *rnd, size_t *lens, unsigned int nr)
{
	size_t size = (size_t)SZ_4K << prandom_u32_state(rnd) %
				       ilog2(MOST_PAGES);
	bool mixed = prandom_u32_state(rnd) % 2;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (mixed)
			size = (1 + prandom_u32_state(rnd) % MOST_PAGES) *
			       (size_t)SZ_4K;
		lens[i] = size;
	}
	lens[0] -= prandom_u32_state(rnd) % SZ_2K;
	lens[nr - 1] -= prandom_u32_state(rnd) % SZ_2K;
}

static void phyr_index_random(struct kunit *test)
{
	struct phys_vec *phyrs;
	struct rnd_state rnd;
	size_t *lens;
	int round;

	phyrs = kunit_kmalloc_array(test, MAX_PHYRS, sizeof(*phyrs), GFP_KERNEL);
	lens = kunit_kmalloc_array(test, MAX_PHYRS, sizeof(*lens), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, phyrs);
	KUNIT_ASSERT_NOT_NULL(test, lens);

	prandom_seed_state(&rnd, 2022);
	for (round = 0; round < 2000; round++) {
		unsigned int nr = 1 + prandom_u32_state(&rnd) % MAX_PHYRS;
		struct phyr_index index = {};
		struct phyr_list list;

		random_lens(&rnd, lens, nr);
		list = make_list(phyrs, lens, nr);
		KUNIT_ASSERT_EQ(test, phyr_index_build(&index, &list), 0);
		expect_same_everywhere(test, &index, &list);
		phyr_index_free(&index);
	}
}

static struct kunit_case phyr_index_cases[] = {
	KUNIT_CASE(phyr_index_empty),
	KUNIT_CASE(phyr_index_refuses_chains),
	KUNIT_CASE(phyr_index_single),
	KUNIT_CASE(phyr_index_pair),
	KUNIT_CASE(phyr_index_uniform),
	KUNIT_CASE(phyr_index_clipped),
	KUNIT_CASE(phyr_index_non_uniform),
	KUNIT_CASE(phyr_index_reserved),
	KUNIT_CASE(phyr_index_random),
	{}
};

static struct kunit_suite phyr_index_suite = {
	.name = "phyr_index",
	.test_cases = phyr_index_cases,
};

kunit_test_suite(phyr_index_suite);

MODULE_DESCRIPTION("KUnit tests for the index of physical ranges");
MODULE_LICENSE("GPL");
