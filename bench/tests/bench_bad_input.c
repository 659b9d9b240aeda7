// SPDX-License-Identifier: GPL-2.0-only
/* What PHYR_TEST_BENCH must refuse, and that its rounds leave no pin behind. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "harness.h"
#include "island.h"
#include "phyr_device.h"

#define PAGE 4096ul
#define PAGES 16
#define SAMPLES 20

static int device;
/* PAGES pages that are followed by a hole. */
static char *memory;
static uint64_t pin_ns[SAMPLES];
static uint64_t unpin_ns[SAMPLES];

static void setup(void)
{
	memory = island_map(PAGES * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1);
	device = test_device_open_or_skip();
}

static struct phyr_test_bench good_call(enum phyr_test_form form)
{
	return (struct phyr_test_bench){
		.addr = (uintptr_t)memory,
		.len = PAGES * PAGE,
		.form = form,
		.flags = PHYR_TEST_WRITE,
		.warmup = 2,
		.samples = SAMPLES,
		.pin_ns = (uintptr_t)pin_ns,
		.unpin_ns = (uintptr_t)unpin_ns,
	};
}

static int error_of(struct phyr_test_bench call)
{
	memset(pin_ns, 0xff, sizeof(pin_ns));
	memset(unpin_ns, 0xff, sizeof(unpin_ns));
	return ioctl(device, PHYR_TEST_BENCH, &call) ? errno : 0;
}

static bool nothing_written(void)
{
	for (int i = 0; i < SAMPLES; i++)
		if (~pin_ns[i] || ~unpin_ns[i])
			return false;
	return true;
}

static void test_samples(void)
{
	for_each_form(form)
	{
		assert_errno_equal(error_of(good_call(form)), 0);
		for (int i = 0; i < SAMPLES; i++) {
			assert_in_range(pin_ns[i], 1, 10ull * 1000000000);
			assert_in_range(unpin_ns[i], 1, 10ull * 1000000000);
		}
	}
}

static void test_number_of_samples(void)
{
	for_each_form(form)
	{
		struct phyr_test_bench call = good_call(form);

		call.samples = 0;
		assert_errno_equal(error_of(call), EINVAL);
		call.samples = PHYR_TEST_MAX_SAMPLES + 1;
		assert_errno_equal(error_of(call), EINVAL);
		call.samples = ~0u;
		assert_errno_equal(error_of(call), EINVAL);
	}
}

/* Any number of entries a call will do, where calls have arrays of entries. */
static void test_per_call(void)
{
	static const uint32_t numbers[] = { 1, 3, PAGES, ~0u };

	for_each_form(form) for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
	{
		struct phyr_test_bench call = good_call(form);
		bool array = form != PHYR_TEST_LIST;

		call.per_call = numbers[i];
		assert_errno_equal(error_of(call), array ? 0 : EINVAL);
		call.len = PAGES * PAGE + 1;
		assert_errno_equal(error_of(call), array ? EFAULT : EINVAL);
		assert_true(nothing_written());
		call.len = PAGES * PAGE;
		call.flags = PHYR_TEST_GET;
		assert_errno_equal(error_of(call), EINVAL);
	}
}

static void test_range(void)
{
	for_each_form(form)
	{
		struct phyr_test_bench call = good_call(form);

		call.len = 0;
		assert_errno_equal(error_of(call), EINVAL);
		call.len = PAGES * PAGE + 1;
		assert_errno_equal(error_of(call), EFAULT);
		assert_true(nothing_written());
		call.addr += PAGES * PAGE;
		assert_errno_equal(error_of(call), EFAULT);
		call.addr = 0xffff888000000000;
		assert_errno_equal(error_of(call), EFAULT);
		call.addr = -PAGE;
		assert_errno_equal(error_of(call), EOVERFLOW);
	}
}

/* One entry per page may not exceed the limit either. */
static void test_long_range(void)
{
	for_each_form(form)
	{
		struct phyr_test_bench call = good_call(form);

		call.len = (PHYR_TEST_MAX_ENTRIES + 1ul) * PAGE;
		assert_errno_equal(error_of(call), EINVAL);
	}
}

static void test_flags(void)
{
	for_each_form(form)
	{
		struct phyr_test_bench call = good_call(form);

		call.flags = 1 << 3;
		assert_errno_equal(error_of(call), EINVAL);
		call.flags = PHYR_TEST_GET | PHYR_TEST_LONGTERM;
		assert_errno_equal(error_of(call), EINVAL);
	}
}

static void test_max_entries(void)
{
	struct phyr_test_bench call = good_call(PHYR_TEST_PAGES);

	call.max_entries = PAGES;
	assert_errno_equal(error_of(call), EINVAL);
	call.form = PHYR_TEST_LIST;
	assert_errno_equal(error_of(call), EINVAL);
	call.form = PHYR_TEST_PHYRS;
	assert_errno_equal(error_of(call), 0);
	call.max_entries = PHYR_TEST_MAX_ENTRIES + 1;
	assert_errno_equal(error_of(call), EINVAL);
}

/* Every second page is the first again: none merges with its neighbour. */
static void test_small_array(void)
{
	struct phyr_test_bench call = good_call(PHYR_TEST_PHYRS);
	char *area = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_equal(mremap(area, 0, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
				area + PAGE),
			 area + PAGE);
	call.addr = (uintptr_t)area;
	call.len = 2 * PAGE;
	call.max_entries = 1;
	assert_errno_equal(error_of(call), ENOSPC);
	assert_true(nothing_written());
	call.max_entries = 2;
	assert_errno_equal(error_of(call), 0);
	munmap(area, 2 * PAGE);
}

static void test_bad_pointers(void)
{
	assert_int_equal(ioctl(device, PHYR_TEST_BENCH, NULL), -1);
	assert_int_equal(errno, EFAULT);
	for_each_form(form)
	{
		struct phyr_test_bench call = good_call(form);

		call.pin_ns = 0;
		assert_errno_equal(error_of(call), EFAULT);
		call = good_call(form);
		call.unpin_ns = -8ull;
		assert_errno_equal(error_of(call), EFAULT);
		call.unpin_ns = (uintptr_t)memory + PAGES * PAGE - 8;
		assert_errno_equal(error_of(call), EFAULT);
	}
}

static const struct test_case tests[] = {
	TEST(test_samples),	 TEST(test_number_of_samples),
	TEST(test_per_call),	 TEST(test_range),
	TEST(test_long_range),	 TEST(test_flags),
	TEST(test_max_entries),	 TEST(test_small_array),
	TEST(test_bad_pointers),
};

TEST_MAIN(.setup = setup)
