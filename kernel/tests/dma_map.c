// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA addresses of pinned memory: a device reads and writes through them, at
 * the edges of every entry, and the bytes must arrive where they should. The
 * machine decides whether there is an IOMMU or bounce buffers between.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "description.h"
#include "dma_mapping.h"
#include "layout_case.h"
#include "pattern.h"
#include "phyr_device.h"

#define PAGE 4096ul
#define MIB (1ul << 20)
#define SEED 20261124
#define ROUNDS 5
#define LONG_ROUNDS 100

static const struct layout_part parts[] = {
	{ .kind = "base", .granules = 70, .touch = TOUCH_WRITE },
	{ .kind = "thp", .granules = 1, .touch = TOUCH_WRITE },
	{ .kind = "shmem", .granules = 9, .touch = TOUCH_WRITE },
	{ .kind = "base", .granules = 5, .touch = TOUCH_WRITE },
};

/* Ranges added step by step, to a batch that was told of fewer or more bytes. */
static void random_batch(struct phyr_test_dma *dma, struct dice *dice)
{
	static const uint32_t pieces[] = { 0, PAGE, PAGE + PAGE / 2, 3 * PAGE,
					   5 * PAGE + 16 };

	dma->announced = dice_roll(dice, dma->len + dma->len / 4);
	dma->per_call = dice_roll(dice, 5);
	dma->piece = pieces[dice_roll(dice, ARRAY_SIZE(pieces))];
}

static void test_random_ranges_and_limits(void)
{
	struct dice dice = dice_with_seed(SEED);
	int rounds = getenv("PHYR_LONG") ? LONG_ROUNDS : ROUNDS;
	long slots = bounce_slots();
	struct layout layout;

	layout_case_build(&layout, parts, ARRAY_SIZE(parts), 70 * PAGE);
	for (int i = 0; i < rounds; i++) {
		uintptr_t a = layout_point(&layout, &dice);
		uintptr_t b = layout_point(&layout, &dice);
		uintptr_t start = a < b ? a : b, end = a < b ? b : a;
		uint32_t segment = dice_one_in(&dice, 2)
					   ? 0
					   : PAGE + dice_roll(&dice, MIB);
		uint64_t boundary =
			dice_one_in(&dice, 2)
				? 0
				: (PAGE << dice_roll(&dice, 10)) - 1;

		if (start < layout.start)
			start = layout.start;
		if (end > layout.end)
			end = layout.end;
		if (start >= end)
			continue;
		for (int form = PHYR_TEST_DMA_SG; form <= PHYR_TEST_DMA_BATCH;
		     form++) {
			struct phyr_test_dma dma =
				dma_request(form, start, end - start);

			if (form == PHYR_TEST_DMA_BATCH)
				random_batch(&dma, &dice);

			dma.max_segment = segment;
			/* The IOMMU's scatterlists cannot be so narrow. */
			if (form != PHYR_TEST_DMA_SG)
				dma.boundary = boundary;
			dma.dma_bits = dice_one_in(&dice, 3) ? 32 : 0;
			dma_map_and_copy(&dma, &dice);
		}
	}
	layout_clear(&layout);
	assert_int_equal(bounce_slots(), slots);
}

/* Each form splits where the others do. */
static void test_long_entries_end_with_pages(void)
{
	static const struct layout_part part = { .kind = "thp",
						 .granules = 1,
						 .touch = TOUCH_WRITE };
	struct dice dice = dice_with_seed(SEED);
	struct layout layout;

	layout_case_build(&layout, &part, 1, 0);
	for (int form = PHYR_TEST_DMA_SG; form <= PHYR_TEST_DMA_SG_TABLE;
	     form++) {
		struct mapping mapping = {
			.dma = dma_request(form, layout.start + PAGE / 2,
					   64 * PAGE),
		};

		mapping.dma.max_segment = 16 * PAGE;
		assert_errno_equal(dma_map(&mapping), 0);
		dma_check_entries(&mapping);
		assert_int_equal(mapping.nr, 5);
		assert_int_equal(entries[0].len, 16 * PAGE - PAGE / 2);
		dma_unmap();
		dma_map_and_copy(&mapping.dma, &dice);
	}
	layout_clear(&layout);
}

static void test_one_entry_behind_an_iommu(void)
{
	struct layout layout;

	if (!behind_iommu())
		skip("no IOMMU");
	layout_case_build(&layout, parts, ARRAY_SIZE(parts), 70 * PAGE);
	for (int form = PHYR_TEST_DMA_PHYRS; form <= PHYR_TEST_DMA_SG_TABLE;
	     form++) {
		struct mapping mapping = {
			.dma = dma_request(form, layout.start + 5,
					   layout.end - layout.start - 8),
		};

		assert_errno_equal(dma_map(&mapping), 0);
		assert_int_equal(mapping.nr, 1);
		dma_unmap();
	}
	layout_clear(&layout);
}

/*
 * Segments that do not divide the distance of two boundaries: as one range of
 * addresses, ranges that would be an entry each take more of them.
 */
static void test_entries_are_enough(void)
{
	static const struct layout_part part = { .kind = "thp",
						 .granules = 1,
						 .touch = TOUCH_WRITE };
	struct mapping mapping = { .nr = 0 };
	size_t len = 8 * 3 * PAGE;
	struct layout layout;
	char *memory;

	layout_case_build(&layout, &part, 1, 0);
	memory = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(memory != MAP_FAILED);
	for (size_t i = 0; i < 8; i++)
		assert_true(mremap((char *)layout.start + 4 * (7 - i) * PAGE,
				   3 * PAGE, 3 * PAGE,
				   MREMAP_MAYMOVE | MREMAP_FIXED,
				   memory + 3 * i * PAGE) != MAP_FAILED);
	for (int form = PHYR_TEST_DMA_PHYRS; form <= PHYR_TEST_DMA_SG_TABLE;
	     form++) {
		mapping.dma = dma_request(form, (uintptr_t)memory, len);
		mapping.dma.max_segment = 3 * PAGE;
		mapping.dma.boundary = 4 * PAGE - 1;
		assert_errno_equal(dma_map(&mapping), 0);
		dma_check_entries(&mapping);
		dma_unmap();
	}
	munmap(memory, len);
	layout_clear(&layout);
}

/*
 * What fits into the bytes that a batch was told of, and begins with a page, is
 * one range of addresses; what comes behind is mapped by itself.
 */
static void test_batches_link_as_long_as_they_can(void)
{
	static const struct layout_part part = { .kind = "base",
						 .granules = 64,
						 .touch = TOUCH_WRITE };
	static const struct {
		uint64_t announced;
		uint32_t per_call, piece;
		unsigned int linked; /* of 64 pages */
	} cases[] = {
		{ 0, 3, 0, 0 },
		{ 64 * PAGE, 0, 0, 64 },
		{ 64 * PAGE, 1, 0, 64 },
		{ 64 * PAGE, 7, PAGE, 64 },
		{ 80 * PAGE, 5, 0, 64 },
		{ 20 * PAGE, 6, PAGE, 20 },
		{ 20 * PAGE + 100, 64, PAGE, 20 },
		{ PAGE, 2, PAGE, 1 },
		{ 64 * PAGE, 3, PAGE / 2, 0 },
	};
	struct dice dice = dice_with_seed(SEED);
	struct layout layout;

	layout_case_build(&layout, &part, 1, 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mapping mapping = {
			.dma = dma_request(PHYR_TEST_DMA_BATCH, layout.start,
					   64 * PAGE),
		};

		mapping.dma.announced = cases[i].announced;
		mapping.dma.per_call = cases[i].per_call;
		mapping.dma.piece = cases[i].piece;
		if (behind_iommu() && cases[i].linked) {
			uint64_t first = cases[i].linked * PAGE;

			assert_errno_equal(dma_map(&mapping), 0);
			assert_int_equal(entries[0].len, first);
			if (cases[i].piece == PAGE)
				assert_int_equal(mapping.nr,
						 1 + 64 - cases[i].linked);
			dma_unmap();
		}
		dma_map_and_copy(&mapping.dma, &dice);
	}
	layout_clear(&layout);
}

/* The device's bytes are there after a sync, and all is undone by the table. */
static void test_tables_are_synchronised(void)
{
	static const struct layout_part part = { .kind = "base",
						 .granules = 8,
						 .touch = TOUCH_WRITE };
	struct layout layout;

	layout_case_build(&layout, &part, 1, 0);
	for (int form = PHYR_TEST_DMA_SG; form <= PHYR_TEST_DMA_SG_TABLE;
	     form++) {
		char *memory = (char *)layout.start;
		struct mapping mapping = {
			.dma = dma_request(form, layout.start, 8 * PAGE),
		};
		long slots = bounce_slots();
		const struct phyr_test_dma_entry *last;

		if (form == PHYR_TEST_DMA_PHYRS)
			continue;
		pattern_fill(memory, 8 * PAGE, form);
		assert_errno_equal(dma_map(&mapping), 0);
		last = &entries[mapping.nr - 1];
		assert_true(memcmp(memory, memory + 8 * PAGE - PIECE, PIECE));
		edu_copy(&edu, entries[0].addr, last->addr + last->len - PIECE,
			 PIECE);
		assert_int_equal(ioctl(device, PHYR_TEST_DMA_SYNC), 0);
		assert_memory_equal(memory, memory + 8 * PAGE - PIECE, PIECE);
		dma_unmap();
		assert_int_equal(bounce_slots(), slots);
		assert_int_equal(ioctl(device, PHYR_TEST_DMA_SYNC), -1);
		assert_int_equal(errno, EINVAL);
	}
	layout_clear(&layout);
}

static void test_1g_page(void)
{
	static const struct layout_part part = { .kind = "hugetlb-1G",
						 .granules = 1,
						 .touch = TOUCH_WRITE };
	struct dice dice = dice_with_seed(SEED);
	struct layout layout;

	if (always_bounces())
		skip("it would not fit into the bounce buffers");
	layout_case_build(&layout, &part, 1, 0);
	for (int form = PHYR_TEST_DMA_SG; form <= PHYR_TEST_DMA_SG_TABLE;
	     form++) {
		struct phyr_test_dma dma = dma_request(
			form, layout.start, layout.end - layout.start);

		dma_map_and_copy(&dma, &dice);
	}
	layout_clear(&layout);
}

/*
 * More memory than a narrow device has addresses for, or than bounce buffers
 * hold: some of it is mapped when there are no more, and if any of that stayed,
 * it would be seen in use, or the next one would not fit.
 */
static void test_failure_in_the_middle_leaves_nothing(void)
{
	static const struct layout_part part = { .kind = "base",
						 .granules = 80 * MIB / PAGE,
						 .touch = TOUCH_WRITE };
	long slots = bounce_slots();
	struct layout layout;

	if (!behind_iommu() && !always_bounces())
		skip("neither DMA addresses nor bounce buffers are scarce");
	layout_case_build(&layout, &part, 1, 0);
	for (int i = 0; i < 6; i++) {
		int form = i % 2 ? PHYR_TEST_DMA_PHYRS : PHYR_TEST_DMA_SG_PHYRS;
		struct mapping mapping = {
			.dma = dma_request(form, layout.start,
					   layout.end - layout.start),
		};
		int error;

		/* Bounce buffers are not where 24 bits reach. */
		mapping.dma.dma_bits = behind_iommu() ? 24 : 32;
		error = dma_map(&mapping);
		assert_true(error == ENOMEM || error == EIO);
		assert_int_equal(bounce_slots(), slots);
		/* Lazy IOTLB flushing gives addresses back some time later. */
		usleep(50000);

		if (behind_iommu()) {
			mapping.dma.len = 8 * MIB;
			assert_errno_equal(dma_map(&mapping), 0);
			dma_unmap();
		}
	}
	layout_clear(&layout);
}

static void test_coherent_memory_is_not_bounced(void)
{
	static const struct layout_part part = { .kind = "base",
						 .granules = 4,
						 .touch = TOUCH_WRITE };
	int expected = always_bounces() && !behind_iommu() ? EIO : 0;
	long slots = bounce_slots();
	struct layout layout;

	layout_case_build(&layout, &part, 1, 0);
	for (int form = PHYR_TEST_DMA_SG; form <= PHYR_TEST_DMA_SG_TABLE;
	     form++) {
		struct mapping mapping = {
			.dma = dma_request(form, layout.start + 100, 3 * PAGE),
		};

		mapping.dma.flags |= PHYR_TEST_DMA_COHERENT;
		assert_errno_equal(dma_map(&mapping), expected);
		assert_int_equal(bounce_slots(), slots);
		if (!expected)
			dma_unmap();
	}
	layout_clear(&layout);
}

static void test_bad_input(void)
{
	static const struct layout_part part = { .kind = "base",
						 .granules = 4,
						 .touch = TOUCH_WRITE };
	struct layout layout;
	struct phyr_test_dma good;

	layout_case_build(&layout, &part, 1, 0);
	good = dma_request(PHYR_TEST_DMA_PHYRS, layout.start, 4 * PAGE);

#define refused(change, error)                          \
	do {                                            \
		struct mapping m = { .dma = good };     \
		change;                                 \
		assert_errno_equal(dma_map(&m), error); \
	} while (0)
	refused(m.dma.len = 0, EINVAL);
	refused(m.dma.len += 1, EFAULT);
	refused(m.dma.len = SIZE_MAX, EOVERFLOW);
	refused(m.dma.form = PHYR_TEST_DMA_BATCH + 1, EINVAL);
	refused(m.dma.announced = 1, EINVAL);
	refused(m.dma.per_call = 1, EINVAL);
	refused(m.dma.piece = 1, EINVAL);
	refused(m.dma.flags |= PHYR_TEST_GET, EINVAL);
	refused(m.dma.flags |= 1u << 31, EINVAL);
	refused(m.dma.max_segment = PAGE - 1, EINVAL);
	refused(m.dma.dma_bits = 23, EINVAL);
	refused(m.dma.dma_bits = 65, EINVAL);
	refused(m.dma.boundary = PAGE, EINVAL);
	refused(m.dma.boundary = PAGE / 2 - 1, EINVAL);
	refused(strcpy(m.dma.device, "0000:00:1f.9"), ENODEV);
	refused(strcpy(m.dma.device, "0000:00:00.0"), ENODEV);
	refused(memset(m.dma.device, 'x', sizeof(m.dma.device)), ENODEV);
#undef refused
	assert_int_equal(ioctl(device, PHYR_TEST_DMA_UNMAP), -1);
	assert_int_equal(errno, EINVAL);
	layout_clear(&layout);
}

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void test_device_goes_while_memory_is_mapped(void)
{
	static const struct layout_part part = { .kind = "base",
						 .granules = 4,
						 .touch = TOUCH_WRITE };
	long slots = bounce_slots();
	struct layout layout;
	struct mapping mapping;

	layout_case_build(&layout, &part, 1, 0);
	mapping.dma = dma_request(PHYR_TEST_DMA_PHYRS, layout.start, 4 * PAGE);
	assert_errno_equal(dma_map(&mapping), 0);
	assert_errno_equal(dma_map(&mapping), EBUSY);
	write_to("/sys/bus/pci/drivers/phyr_test/unbind", edu.name);
	assert_int_equal(bounce_slots(), slots);
	dma_unmap();
	assert_errno_equal(dma_map(&mapping), ENODEV);
	write_to("/sys/bus/pci/drivers/phyr_test/bind", edu.name);
	assert_errno_equal(dma_map(&mapping), 0);
	dma_unmap();
	layout_clear(&layout);
}

static const struct test_case tests[] = {
	TEST(test_random_ranges_and_limits),
	TEST(test_long_entries_end_with_pages),
	TEST(test_one_entry_behind_an_iommu),
	TEST(test_entries_are_enough),
	TEST(test_batches_link_as_long_as_they_can),
	TEST(test_tables_are_synchronised),
	TEST(test_1g_page),
	TEST(test_failure_in_the_middle_leaves_nothing),
	TEST(test_coherent_memory_is_not_bounced),
	TEST(test_bad_input),
	TEST(test_device_goes_while_memory_is_mapped),
};

TEST_MAIN(.setup = dma_setup)
