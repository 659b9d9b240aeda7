// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of lists and cursors as properties over random lengths from a fixed
 * seed: both are compared with a model that counts byte by byte.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/phyr.h>
#include <linux/prandom.h>

#define SEED		0x70687972
#define NR_ROUNDS	500

static void list_add_merges_neighbours(struct kunit *test)
{
	struct phyr_list list = {};
	phys_addr_t next = 0x1000;
	unsigned int nr = 0;
	size_t total = 0;
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, SEED);
	for (i = 0; i < NR_ROUNDS; i++) {
		size_t len = 1 + prandom_u32_state(&rnd) % 10000;
		bool gap = prandom_u32_state(&rnd) % 2;

		if (gap)
			next += 1 + prandom_u32_state(&rnd) % 10000;
		if (gap || !nr)
			nr++;
		KUNIT_ASSERT_EQ(test, 0, phyr_list_add(&list, next, len,
						       GFP_KERNEL));
		next += len;
		total += len;
		KUNIT_ASSERT_EQ(test, nr, list.nr);
		KUNIT_ASSERT_LE(test, list.nr, list.max);
		KUNIT_ASSERT_EQ(test, total, list.len);
		KUNIT_ASSERT_EQ(test, next, list.phyrs[nr - 1].paddr +
					    list.phyrs[nr - 1].len);
	}
	for (i = 1; i < list.nr; i++)
		KUNIT_ASSERT_NE(test, list.phyrs[i].paddr,
				list.phyrs[i - 1].paddr +
				list.phyrs[i - 1].len);
	phyr_list_free(&list);
	KUNIT_EXPECT_EQ(test, 0, list.nr);
}

static void list_add_refuses_overflow(struct kunit *test)
{
	struct phyr_list list = {};

	KUNIT_EXPECT_EQ(test, -EINVAL, phyr_list_add(&list, 0, 0, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, -EOVERFLOW,
			phyr_list_add(&list, PHYS_ADDR_MAX, 2, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, 0, list.nr);
	KUNIT_EXPECT_EQ(test, 0, phyr_list_add(&list, PHYS_ADDR_MAX, 1,
					       GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, 0, phyr_list_add(&list, 0, SIZE_MAX - 1,
					       GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, -EOVERFLOW,
			phyr_list_add(&list, SIZE_MAX - 1, 1, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, 2, list.nr);
	KUNIT_EXPECT_EQ(test, SIZE_MAX, list.len);
	phyr_list_free(&list);
}

/* Room for so many phyrs is room whatever they are, and again and again. */
static void list_reserve_makes_room(struct kunit *test)
{
	struct phyr_list list = {};
	unsigned int max = 1, i;

	for (; max < 200; max = 3 * max + 1) {
		struct phys_vec *phyrs;

		KUNIT_ASSERT_EQ(test, 0,
				phyr_list_reserve(&list, max, GFP_KERNEL));
		KUNIT_EXPECT_EQ(test, max, list.max);
		phyrs = list.phyrs;
		for (i = list.nr; i < max; i++)
			KUNIT_ASSERT_EQ(test, 0,
					phyr_list_add(&list, 2 * i, 1, 0));
		KUNIT_EXPECT_EQ(test, max, list.nr);
		KUNIT_EXPECT_EQ(test, max, list.len);
		KUNIT_EXPECT_PTR_EQ(test, phyrs, list.phyrs);
		for (i = 0; i < max; i++)
			KUNIT_ASSERT_EQ(test, 2 * i, list.phyrs[i].paddr);
		if (max % 2)
			phyr_list_clear(&list);
	}

	phyr_list_clear(&list);
	KUNIT_EXPECT_EQ(test, 0, list.nr);
	KUNIT_EXPECT_EQ(test, 0, list.len);
	KUNIT_EXPECT_NOT_NULL(test, list.phyrs);
	max = list.max;
	KUNIT_EXPECT_EQ(test, 0, phyr_list_reserve(&list, 1, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, -ENOMEM,
			phyr_list_reserve(&list, UINT_MAX, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, max, list.max);
	phyr_list_free(&list);
}

static void iter_finds_every_byte(struct kunit *test)
{
	struct rnd_state rnd;
	int round;

	prandom_seed_state(&rnd, SEED);
	for (round = 0; round < NR_ROUNDS; round++) {
		unsigned int nr = 1 + prandom_u32_state(&rnd) % 8;
		struct phyr_list list = {};
		struct phyr_iter iter, there;
		size_t at = 0, base = 0;
		unsigned int i;

		/* A gap after each phyr: its address says which one it is. */
		for (i = 0; i < nr; i++) {
			size_t len = 1 + prandom_u32_state(&rnd) % 50;
			phys_addr_t paddr = (phys_addr_t)i << 20;

			KUNIT_ASSERT_EQ(test, 0,
					phyr_list_add(&list, paddr, len,
						      GFP_KERNEL));
		}

		i = 0;
		iter = phyr_iter_start(&list);
		while (iter.left) {
			size_t step = prandom_u32_state(&rnd) % 70;
			struct phys_vec range = phyr_iter_range(&iter);

			while (at - base >= list.phyrs[i].len)
				base += list.phyrs[i++].len;
			KUNIT_ASSERT_EQ(test, list.len - at, iter.left);
			KUNIT_ASSERT_EQ(test, range.paddr,
					((phys_addr_t)i << 20) + at - base);
			KUNIT_ASSERT_EQ(test, range.len,
					base + list.phyrs[i].len - at);

			/* A copy is a place of its own. */
			there = iter;
			phyr_iter_advance(&there, list.len);
			KUNIT_ASSERT_EQ(test, 0, there.left);

			phyr_iter_advance(&iter, step);
			at += step;
		}
		KUNIT_EXPECT_GE(test, at, list.len);
		phyr_list_free(&list);
	}
}

/* A chain of lists, some of them empty, has the bytes of one list of all. */
static void iter_goes_through_chains(struct kunit *test)
{
	struct rnd_state rnd;
	int round;

	prandom_seed_state(&rnd, SEED);
	for (round = 0; round < NR_ROUNDS; round++) {
		struct phyr_list chain[4] = {}, all = {};
		struct phyr_iter iter, flat, there;
		unsigned int i, j, n = 0;

		for (i = 0; i < ARRAY_SIZE(chain); i++) {
			unsigned int nr = prandom_u32_state(&rnd) % 4;

			for (j = 0; j < nr; j++, n++) {
				size_t len = 1 + prandom_u32_state(&rnd) % 50;
				phys_addr_t paddr = (phys_addr_t)n << 20;

				KUNIT_ASSERT_EQ(test, 0,
						phyr_list_add(&chain[i], paddr,
							      len, GFP_KERNEL));
				KUNIT_ASSERT_EQ(test, 0,
						phyr_list_add(&all, paddr, len,
							      GFP_KERNEL));
			}
		}
		for (i = ARRAY_SIZE(chain) - 1; i; i--)
			phyr_list_prepend(&chain[i - 1], &chain[i]);

		iter = phyr_iter_start(&chain[0]);
		flat = phyr_iter_start(&all);
		while (flat.left) {
			struct phys_vec range = phyr_iter_range(&iter);
			struct phys_vec same = phyr_iter_range(&flat);
			size_t step = 1 + prandom_u32_state(&rnd) % 70;

			KUNIT_ASSERT_EQ(test, flat.left, iter.left);
			KUNIT_ASSERT_EQ(test, same.paddr, range.paddr);
			KUNIT_ASSERT_EQ(test, same.len, range.len);

			there = iter;
			phyr_iter_next(&there);
			KUNIT_ASSERT_EQ(test, iter.left - range.len,
					there.left);
			phyr_iter_advance(&iter, step);
			phyr_iter_advance(&flat, step);
		}
		KUNIT_EXPECT_EQ(test, 0, iter.left);

		/* Lists behind one that is freed stay behind it. */
		for (i = 0; i < ARRAY_SIZE(chain) - 1; i++) {
			iter = phyr_iter_start(&chain[0]);
			KUNIT_EXPECT_EQ(test, all.len, iter.left);
			all.len -= chain[i].len;
			phyr_list_free(&chain[i]);
		}
		phyr_list_free(&chain[i]);
		KUNIT_EXPECT_EQ(test, 0, phyr_iter_start(&chain[0]).left);
		phyr_list_free(&all);
	}
}

static struct kunit_case phyr_list_cases[] = {
	KUNIT_CASE(list_add_merges_neighbours),
	KUNIT_CASE(list_add_refuses_overflow),
	KUNIT_CASE(list_reserve_makes_room),
	KUNIT_CASE(iter_finds_every_byte),
	KUNIT_CASE(iter_goes_through_chains),
	{}
};

static struct kunit_suite phyr_list_suite = {
	.name = "phyr_list",
	.test_cases = phyr_list_cases,
};

kunit_test_suite(phyr_list_suite);

MODULE_DESCRIPTION("KUnit tests for lists of physical ranges");
MODULE_LICENSE("GPL");
