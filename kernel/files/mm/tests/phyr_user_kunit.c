// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of how user memory is pinned and described, as properties over random
 * ranges from a fixed seed.
 *
 * Phyrs are compared with the page array of the same memory, which the fixture
 * keeps pinned throughout so that nothing can move: they must be the same bytes,
 * and every page must have as many references as it should. Whatever adds,
 * loses or misplaces a byte or a reference shows in one of these.
 */
#include <kunit/test.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/phyr.h>
#include <linux/prandom.h>
#include <linux/swap.h>
#include <linux/uaccess.h>

#include "../internal.h"
#include "../phyr_sink.h"

#define SEED		0x70687972
#define NR_PAGES	1024
#define NR_ROUNDS	500

struct user_memory {
	unsigned long	addr;
	struct page	*pages[NR_PAGES];
	int		refs[NR_PAGES];		/* while only @pages are pinned */
	struct phys_vec	phyrs[NR_PAGES];
};

/*
 * MAP_STACK keeps the memory free of huge pages. Pages that are faulted in one
 * after the other are often neighbours in physical memory; so every second page
 * comes first, and then the others.
 */
static void user_memory_fault_in(struct kunit *test, unsigned long addr)
{
	int first, i, err;

	for (first = 0; first < 2; first++)
		for (i = first; i < NR_PAGES; i += 2) {
			err = put_user(1, (char __user *)addr + i * PAGE_SIZE);
			KUNIT_ASSERT_EQ(test, 0, err);
		}
}

static int user_phyr_init(struct kunit *test)
{
	struct user_memory *mem;
	int i;

	mem = kunit_kzalloc(test, sizeof(*mem), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, mem);
	mem->addr = kunit_vm_mmap(test, NULL, 0, NR_PAGES * PAGE_SIZE,
				  PROT_READ | PROT_WRITE,
				  MAP_ANONYMOUS | MAP_PRIVATE | MAP_STACK, 0);
	KUNIT_ASSERT_NE(test, 0, mem->addr);
	user_memory_fault_in(test, mem->addr);
	/* Per-CPU batches of new pages hold references of their own. */
	lru_add_drain_all();
	KUNIT_ASSERT_EQ(test, NR_PAGES,
			pin_user_pages_fast(mem->addr, NR_PAGES, FOLL_WRITE,
					    mem->pages));
	for (i = 0; i < NR_PAGES; i++)
		mem->refs[i] = page_ref_count(mem->pages[i]);
	test->priv = mem;
	return 0;
}

static void user_phyr_exit(struct kunit *test)
{
	struct user_memory *mem = test->priv;

	if (mem)
		unpin_user_pages(mem->pages, NR_PAGES);
}

/* Every page of the range, and no other, has @extra more references. */
static void expect_refs(struct kunit *test, unsigned long addr, size_t len,
			int extra)
{
	struct user_memory *mem = test->priv;
	unsigned long first = (addr - mem->addr) >> PAGE_SHIFT;
	unsigned long end = (PAGE_ALIGN(addr + len) - mem->addr) >> PAGE_SHIFT;
	unsigned long i;

	for (i = 0; i < NR_PAGES; i++) {
		bool inside = len && i >= first && i < end;
		int refs = mem->refs[i] + (inside ? extra : 0);

		if (page_ref_count(mem->pages[i]) != refs) {
			KUNIT_FAIL(test, "page %lu: %d references, not %d", i,
				   page_ref_count(mem->pages[i]), refs);
			return;
		}
	}
}

/* The phyrs are the bytes of the page array, none twice and none missing. */
static void expect_same_bytes(struct kunit *test, unsigned long addr,
			      size_t len, const struct phys_vec *phyrs, int nr)
{
	struct user_memory *mem = test->priv;
	size_t at = 0;
	int i;

	for (i = 0; i < nr; i++) {
		phys_addr_t paddr = phyrs[i].paddr;
		size_t left = phyrs[i].len;

		KUNIT_ASSERT_NE(test, 0, left);
		while (left) {
			unsigned long offset = addr + at - mem->addr;
			struct page *page = mem->pages[offset >> PAGE_SHIFT];
			size_t bytes = min(left, PAGE_SIZE -
						 offset_in_page(offset));

			KUNIT_ASSERT_LE(test, at + bytes, len);
			KUNIT_ASSERT_EQ(test, paddr, page_to_phys(page) +
						     offset_in_page(offset));
			at += bytes;
			paddr += bytes;
			left -= bytes;
		}
	}
	KUNIT_EXPECT_EQ(test, len, at);
}

/* No two phyrs could have been one. */
static void expect_merged(struct kunit *test, const struct phys_vec *phyrs,
			  int nr)
{
	int i;

	for (i = 1; i < nr; i++)
		KUNIT_ASSERT_NE(test, phyrs[i - 1].paddr + phyrs[i - 1].len,
				phyrs[i].paddr);
}

static void random_range(struct rnd_state *rnd, struct user_memory *mem,
			 unsigned long *addr, size_t *len)
{
	size_t size = NR_PAGES * PAGE_SIZE;
	size_t offset = prandom_u32_state(rnd) % size;
	size_t most = size - offset;

	/* Short ranges are where clipping goes wrong; do many of them. */
	if (prandom_u32_state(rnd) % 2)
		most = min(most, 3 * PAGE_SIZE);
	*addr = mem->addr + offset;
	*len = 1 + prandom_u32_state(rnd) % most;
}

static void pin_describes_the_pages(struct kunit *test)
{
	struct user_memory *mem = test->priv;
	struct rnd_state rnd;
	int round;

	prandom_seed_state(&rnd, SEED);
	for (round = 0; round < NR_ROUNDS; round++) {
		unsigned int flags = round % 2 ? FOLL_WRITE :
						 FOLL_WRITE | FOLL_LONGTERM;
		unsigned long addr;
		size_t len, done;
		int nr;

		random_range(&rnd, mem, &addr, &len);
		nr = pin_user_phyrs_fast(addr, len, flags, mem->phyrs, NR_PAGES,
					 &done);
		KUNIT_ASSERT_GT(test, nr, 0);
		KUNIT_EXPECT_EQ(test, done, len);
		expect_same_bytes(test, addr, len, mem->phyrs, nr);
		expect_merged(test, mem->phyrs, nr);
		expect_refs(test, addr, len, GUP_PIN_COUNTING_BIAS);
		unpin_user_phyrs(mem->phyrs, nr);
		expect_refs(test, addr, len, 0);
	}
}

static void full_array_is_a_prefix(struct kunit *test)
{
	struct user_memory *mem = test->priv;
	struct rnd_state rnd;
	int round;

	prandom_seed_state(&rnd, SEED);
	for (round = 0; round < NR_ROUNDS; round++) {
		unsigned int max = 1 + prandom_u32_state(&rnd) % 20;
		unsigned long addr;
		size_t len, done;
		int nr;

		random_range(&rnd, mem, &addr, &len);
		nr = pin_user_phyrs_fast(addr, len, FOLL_WRITE, mem->phyrs, max,
					 &done);
		KUNIT_ASSERT_GT(test, nr, 0);
		KUNIT_EXPECT_LE(test, nr, max);
		if (done < len) {
			KUNIT_EXPECT_EQ(test, nr, max);
			KUNIT_EXPECT_EQ(test, 0, offset_in_page(addr + done));
		}
		expect_same_bytes(test, addr, done, mem->phyrs, nr);
		expect_refs(test, addr, done, GUP_PIN_COUNTING_BIAS);
		unpin_user_phyrs(mem->phyrs, nr);
		expect_refs(test, addr, done, 0);
	}
}

static void list_grows_with_the_range(struct kunit *test)
{
	struct user_memory *mem = test->priv;
	struct phyr_list list = {};
	struct rnd_state rnd;
	unsigned int most = 0;
	int round;

	prandom_seed_state(&rnd, SEED);
	for (round = 0; round < NR_ROUNDS; round++) {
		unsigned long addr;
		size_t len;

		random_range(&rnd, mem, &addr, &len);
		KUNIT_ASSERT_EQ(test, 0, phyr_list_pin_user(&list, addr, len,
							    FOLL_WRITE));
		KUNIT_EXPECT_EQ(test, list.len, len);
		expect_same_bytes(test, addr, len, list.phyrs, list.nr);
		expect_refs(test, addr, len, GUP_PIN_COUNTING_BIAS);
		most = max(most, list.nr);
		phyr_list_unpin_user(&list, false);
		KUNIT_EXPECT_NULL(test, list.phyrs);
		KUNIT_EXPECT_EQ(test, 0, list.len);
		expect_refs(test, addr, len, 0);
	}
	/* Otherwise the list never had to grow and this shows nothing. */
	KUNIT_EXPECT_GT(test, most, 256);
}

static void parts_can_be_unpinned(struct kunit *test)
{
	struct user_memory *mem = test->priv;
	size_t len = NR_PAGES * PAGE_SIZE;
	struct rnd_state rnd;
	size_t done;
	int nr, i;

	prandom_seed_state(&rnd, SEED);
	nr = pin_user_phyrs_fast(mem->addr, len, FOLL_WRITE, mem->phyrs,
				 NR_PAGES, &done);
	KUNIT_ASSERT_GT(test, nr, 0);
	KUNIT_ASSERT_EQ(test, done, len);
	for (i = 0; i < nr; i++) {
		while (mem->phyrs[i].len) {
			unsigned long pages = mem->phyrs[i].len >> PAGE_SHIFT;
			struct phys_vec part = {
				.paddr = mem->phyrs[i].paddr,
				.len = (1 + prandom_u32_state(&rnd) % pages) <<
				       PAGE_SHIFT,
			};

			unpin_user_phyrs(&part, 1);
			mem->phyrs[i].paddr += part.len;
			mem->phyrs[i].len -= part.len;
		}
	}
	expect_refs(test, mem->addr, len, 0);
}

/* A walk over pages of @mem, whose numbers are given, with a pin for each. */
static void sink_add_pinned(struct kunit *test, struct phyr_sink *sink,
			    const unsigned int *numbers, long nr)
{
	struct user_memory *mem = test->priv;
	struct page *pages[8];
	long i;

	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_EQ(test, 1,
				pin_user_pages_fast(mem->addr +
						    numbers[i] * PAGE_SIZE, 1,
						    FOLL_WRITE, &pages[i]));
	phyr_sink_start_walk(sink);
	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_TRUE(test,
				  phyr_sink_add(sink, pages[i],
						page_to_phys(pages[i]), 1,
						FOLL_PIN | FOLL_LONGTERM));
}

/* A walk that began in mid-array is undone, as when fork raced with it. */
static void undo_keeps_earlier_walks(struct kunit *test)
{
	struct user_memory *mem = test->priv;
	struct rnd_state rnd;
	int round;

	prandom_seed_state(&rnd, SEED);
	for (round = 0; round < NR_ROUNDS; round++) {
		unsigned int first = prandom_u32_state(&rnd) % (NR_PAGES - 8);
		unsigned int kept = prandom_u32_state(&rnd) % 9;
		struct phyr_sink sink = {
			.phyrs = mem->phyrs,
			.free = mem->phyrs,
			.limit = mem->phyrs + NR_PAGES,
		};
		struct phys_vec before[8], after[8];
		unsigned int nr_before, nr_after;
		unsigned int numbers[8], i;

		/* Often neighbours, so that the second walk merges as well. */
		for (i = 0; i < 8; i++)
			numbers[i] = first + (i * 2) % 8 + i / 4;

		sink_add_pinned(test, &sink, numbers, kept);
		nr_before = phyr_sink_nr(&sink);
		memcpy(before, sink.phyrs, nr_before * sizeof(*before));
		sink_add_pinned(test, &sink, numbers + kept, 8 - kept);
		nr_after = phyr_sink_nr(&sink);
		memcpy(after, sink.phyrs, nr_after * sizeof(*after));

		phyr_sink_undo_walk(&sink);
		KUNIT_EXPECT_EQ(test, nr_before, phyr_sink_nr(&sink));
		KUNIT_EXPECT_MEMEQ(test, before, sink.phyrs,
				   nr_before * sizeof(*before));

		/* The next walk merges as if nothing had happened. */
		sink_add_pinned(test, &sink, numbers + kept, 8 - kept);
		KUNIT_EXPECT_EQ(test, nr_after, phyr_sink_nr(&sink));
		KUNIT_EXPECT_MEMEQ(test, after, sink.phyrs,
				   nr_after * sizeof(*after));
		unpin_user_phyrs(sink.phyrs, nr_after);
		expect_refs(test, mem->addr, 0, 0);
	}
}

static void bad_ranges_are_refused(struct kunit *test)
{
	struct user_memory *mem = test->priv;
	unsigned long end = mem->addr + NR_PAGES * PAGE_SIZE;
	const struct phyr_list behind = {};
	struct phyr_list list = {};
	size_t done = 1;

	KUNIT_EXPECT_EQ(test, 0, pin_user_phyrs_fast(mem->addr, 0, 0, mem->phyrs,
						     NR_PAGES, &done));
	KUNIT_EXPECT_EQ(test, 0, done);
	KUNIT_EXPECT_EQ(test, -ENOSPC,
			pin_user_phyrs_fast(mem->addr, 1, 0, mem->phyrs, 0,
					    &done));
	KUNIT_EXPECT_EQ(test, -EOVERFLOW,
			pin_user_phyrs_fast(mem->addr + 1, SIZE_MAX, 0,
					    mem->phyrs, NR_PAGES, &done));
	KUNIT_EXPECT_EQ(test, -EOVERFLOW,
			pin_user_phyrs_fast(mem->addr, SIZE_MAX - PAGE_SIZE, 0,
					    mem->phyrs, NR_PAGES, &done));
	KUNIT_EXPECT_EQ(test, -EFAULT,
			pin_user_phyrs_fast((unsigned long)mem, 1, 0,
					    mem->phyrs, NR_PAGES, &done));
	KUNIT_EXPECT_EQ(test, 0, done);

	/* All or nothing, and then nothing stays behind. */
	KUNIT_ASSERT_EQ(test, 0, vm_munmap(end - PAGE_SIZE, PAGE_SIZE));
	mem->refs[NR_PAGES - 1] = page_ref_count(mem->pages[NR_PAGES - 1]);
	phyr_list_prepend(&list, &behind);
	KUNIT_EXPECT_EQ(test, -EFAULT,
			phyr_list_pin_user(&list, mem->addr, end - mem->addr, 0));
	KUNIT_EXPECT_NULL(test, list.phyrs);
	KUNIT_EXPECT_PTR_EQ(test, &behind, list.next);
	expect_refs(test, mem->addr, 0, 0);

	KUNIT_ASSERT_EQ(test, 0, phyr_list_pin_user(&list, mem->addr, 1, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			phyr_list_pin_user(&list, mem->addr, 1, 0));
	expect_refs(test, mem->addr, 1, GUP_PIN_COUNTING_BIAS);
	phyr_list_unpin_user(&list, false);
}

static struct kunit_case phyr_user_cases[] = {
	KUNIT_CASE(pin_describes_the_pages),
	KUNIT_CASE(full_array_is_a_prefix),
	KUNIT_CASE(list_grows_with_the_range),
	KUNIT_CASE(parts_can_be_unpinned),
	KUNIT_CASE(undo_keeps_earlier_walks),
	KUNIT_CASE(bad_ranges_are_refused),
	{}
};

static struct kunit_suite phyr_user_suite = {
	.name = "phyr_user",
	.init = user_phyr_init,
	.exit = user_phyr_exit,
	.test_cases = phyr_user_cases,
};

kunit_test_suite(phyr_user_suite);

MODULE_DESCRIPTION("KUnit tests for user memory as physical ranges");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
