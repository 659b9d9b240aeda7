// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ibv_reg_mr() must refuse, with the errno that kernels before phyrs gave,
 * and how memory regions are charged to RLIMIT_MEMLOCK. Needs no phyr kernel:
 * on a stock one the same tests pass.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <phyr/rdma.h>

#include "harness.h"
#include "island.h"
#include "pins.h"
#include "rdma_device.h"

#define PAGE 4096ul
#define PAGES 16
#define NOBODY 65534
#define TRIES 20

static struct phyr_device *device;

/* PAGES pages each; the page after is a hole. */
static char *writable;
static char *read_only;
static char *inaccessible;
static char *secret;

static void setup(void)
{
	int fd = syscall(SYS_memfd_secret, O_CLOEXEC);

	device = rdma_device_open();
	if (fd >= 0 && !ftruncate(fd, PAGES * PAGE))
		secret = island_map(PAGES * PAGE, PROT_READ | PROT_WRITE,
				    MAP_SHARED, fd);
	writable = island_map(PAGES * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1);
	read_only = island_map(PAGES * PAGE, PROT_READ,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1);
	inaccessible = island_map(PAGES * PAGE, PROT_NONE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

/* Of this process, in KiB. */
static long vm_pin(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[128];
	long pinned = -1;

	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "VmPin: %ld", &pinned) == 1)
			break;
	if (status)
		fclose(status);
	return pinned;
}

/* 0 if it registers; what it was charged is given back in any case. */
static int error_of(uintptr_t addr, size_t len, int access)
{
	struct ibv_mr *mr = ibv_reg_mr(device->pd, (void *)addr, len, access);
	int error = mr ? 0 : errno;

	if (mr)
		assert_int_equal(ibv_dereg_mr(mr), 0);
	assert_int_equal(vm_pin(), 0);
	return error;
}

struct bad_region {
	const char *name;
	char **base; /* NULL: @offset is the address */
	uintptr_t offset;
	size_t len;
	int access;
	int expected;
};

static const struct bad_region bad_regions[] = {
	{ "good", &writable, 0, PAGES *PAGE, ALL_ACCESS, 0 },
	{ "zero length", &writable, 0, 0, ALL_ACCESS, EINVAL },
	{ "zero length within a page", &writable, 100, 0, ALL_ACCESS, 0 },
	{ "wrap-around", NULL, -PAGE, 2 * PAGE, ALL_ACCESS, EINVAL },
	{ "up to the last address", NULL, -PAGE, PAGE, ALL_ACCESS, EINVAL },
	{ "last byte of all", NULL, -1ul, 1, ALL_ACCESS, EINVAL },
	{ "length of all", &writable, 0, -1ul, ALL_ACCESS, EINVAL },
	{ "2^32 pages", &writable, 0, PAGE << 32, ALL_ACCESS, EINVAL },
	{ "2^31 pages", &writable, 0, PAGE << 31, ALL_ACCESS, EFAULT },
	{ "kernel address", NULL, 0xffff888000000000, PAGE, ALL_ACCESS,
	  EFAULT },
	{ "non-canonical address", NULL, 1ul << 62, PAGE, ALL_ACCESS, EFAULT },
	{ "null", NULL, 0, PAGE, ALL_ACCESS, EFAULT },
	{ "unmapped", &writable, PAGES *PAGE, PAGE, ALL_ACCESS, EFAULT },
	{ "unmapped tail", &writable, 100, PAGES *PAGE, ALL_ACCESS, EFAULT },
	{ "unmapped tail, one byte", &writable, 0, PAGES *PAGE + 1, ALL_ACCESS,
	  EFAULT },
	{ "read-only for write", &read_only, 0, PAGE, ALL_ACCESS, EFAULT },
	{ "read-only for remote atomic", &read_only, 0, PAGE,
	  IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_ATOMIC, EFAULT },
	{ "read-only for read", &read_only, 0, PAGES *PAGE,
	  IBV_ACCESS_REMOTE_READ, 0 },
	{ "inaccessible", &inaccessible, 0, PAGE, 0, EFAULT },
	{ "secret memory", &secret, 0, PAGE, ALL_ACCESS, EFAULT },
	{ "remote write without local", &writable, 0, PAGE,
	  IBV_ACCESS_REMOTE_WRITE, EINVAL },
	{ "remote atomic without local", &writable, 0, PAGE,
	  IBV_ACCESS_REMOTE_ATOMIC, EINVAL },
	{ "unknown access", &writable, 0, PAGE, 1 << 19, EINVAL },
};

static void test_bad_region(void)
{
	const struct bad_region *bad = test_element();
	uintptr_t addr = bad->offset;
	/* siw refuses no bytes wherever they are. */
	int expected = !bad->len && phyr_rdma_is_iwarp(device) ? EINVAL
							       : bad->expected;

	if (bad->base) {
		if (!*bad->base)
			skip("no secret memory");
		addr += (uintptr_t)*bad->base;
	}
	assert_errno_equal(error_of(addr, bad->len, bad->access), expected);
}

static void test_iova_of_another_offset(void)
{
	struct ibv_mr *mr;

	mr = ibv_reg_mr_iova(device->pd, writable + 8, PAGE, 0x10000,
			     ALL_ACCESS);
	assert_null(mr);
	assert_int_equal(errno, EINVAL);
	/* iova is a number, it may end where the numbers do. */
	mr = ibv_reg_mr_iova(device->pd, writable + 8, PAGE, -PAGE + 8,
			     ALL_ACCESS);
	assert_non_null(mr);
	assert_int_equal(ibv_dereg_mr(mr), 0);
	assert_int_equal(vm_pin(), 0);
}

/* No bytes in the middle of a page still charge, and pin, that page. */
static void test_no_bytes_within_page(void)
{
	const long before = pins_quiet();
	struct ibv_mr *mr;

	if (phyr_rdma_is_iwarp(device))
		skip("siw refuses no bytes");
	mr = ibv_reg_mr(device->pd, writable + 100, 0, ALL_ACCESS);
	assert_non_null(mr);
	assert_int_equal(vm_pin(), 4);
	assert_pins(before + 1);
	assert_int_equal(ibv_dereg_mr(mr), 0);
	assert_int_equal(vm_pin(), 0);
}

/* To wait for a grace period is to sleep. Of several tries one is not disturbed. */
static void test_failure_waits_for_nobody(void)
{
	long fewest = LONG_MAX;

	if (phyr_rdma_is_iwarp(device))
		skip("only rxe has objects that RCU frees");
	for (int i = 0; i < TRIES; i++) {
		struct rusage before, after;
		long sleeps;

		getrusage(RUSAGE_THREAD, &before);
		assert_null(ibv_reg_mr(device->pd, writable + PAGES * PAGE,
				       PAGE, ALL_ACCESS));
		getrusage(RUSAGE_THREAD, &after);
		sleeps = after.ru_nvcsw - before.ru_nvcsw;
		if (sleeps < fewest)
			fewest = sleeps;
	}
	assert_int_equal(fewest, 0);
}

/* --- RLIMIT_MEMLOCK of a process without CAP_IPC_LOCK ------------------- */

#define check(condition)                                          \
	do {                                                      \
		if (!(condition))                                 \
			fail("VmPin %ld, errno %s: %s", vm_pin(), \
			     strerrorname_np(errno), #condition); \
	} while (0)

static void limit_to(rlim_t bytes)
{
	struct rlimit limit = { bytes, bytes };

	check(!setrlimit(RLIMIT_MEMLOCK, &limit));
}

static struct ibv_mr *registered(char *addr, size_t len)
{
	return ibv_reg_mr(device->pd, addr, len, ALL_ACCESS);
}

static bool refused(char *addr, size_t len, int error)
{
	long before = vm_pin();
	struct ibv_mr *mr = registered(addr, len);

	return !mr && errno == error && vm_pin() == before;
}

static bool gives_back(struct ibv_mr *mr)
{
	return mr && !ibv_dereg_mr(mr);
}

static void child_without_limit(void)
{
	limit_to(0);
	check(refused(writable, PAGE, EPERM));
}

static void child_at_limit(void)
{
	struct ibv_mr *mr;

	limit_to(4 * PAGE);
	check(refused(writable, 4 * PAGE + 1, ENOMEM));
	check(refused(writable + PAGE - 1, 4 * PAGE, ENOMEM));
	check(refused(writable, 5 * PAGE, ENOMEM));
	mr = registered(writable, 4 * PAGE);
	check(mr && vm_pin() == 16);
	check(refused(writable, 1, ENOMEM));
	check(gives_back(mr));
	check(vm_pin() == 0);
	/* Two bytes that lie in two pages. */
	mr = registered(writable + PAGE - 1, 2);
	check(mr && vm_pin() == 8);
	check(gives_back(mr));
}

/* A part of a page in the limit does not count. */
static void child_at_odd_limit(void)
{
	struct ibv_mr *mr;

	limit_to(4 * PAGE + PAGE - 1);
	check(refused(writable, 5 * PAGE, ENOMEM));
	mr = registered(writable + 1, 4 * PAGE - 1);
	check(mr && vm_pin() == 16);
	check(gives_back(mr));
	limit_to(4 * PAGE - 1);
	check(refused(writable, 4 * PAGE, ENOMEM));
	mr = registered(writable, 3 * PAGE);
	check(mr && vm_pin() == 12);
	check(gives_back(mr));
}

/* The same memory counts once for every region. */
static void child_with_many(void)
{
	struct ibv_mr *mrs[4];

	limit_to(4 * PAGE);
	for (int i = 0; i < 4; i++) {
		mrs[i] = registered(writable, 100);
		check(mrs[i] && vm_pin() == 4 * (i + 1));
	}
	check(refused(writable, 100, ENOMEM));
	check(gives_back(mrs[2]));
	mrs[2] = registered(writable, 100);
	check(mrs[2] && vm_pin() == 16);
	for (int i = 0; i < 4; i++)
		check(gives_back(mrs[i]));
	check(vm_pin() == 0);
}

/* Charged before pinning, given back when that fails half-way. */
static void child_with_unmapped_tail(void)
{
	limit_to(PAGES * PAGE);
	check(refused(writable + PAGE, PAGES * PAGE, EFAULT));
	check(vm_pin() == 0);
	check(refused(writable + PAGE, PAGES * PAGE + 1, ENOMEM));
	check(gives_back(registered(writable, PAGES * PAGE)));
}

static void child_with_hugepage(void)
{
	const size_t len = 2ul << 20;
	struct ibv_mr *mr;
	char *huge = mmap(NULL, len, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	if (huge == MAP_FAILED)
		skip("no hugepage of 2 MiB is free");
	limit_to(len);
	mr = registered(huge, len);
	check(mr && vm_pin() == (long)(len >> 10));
	check(refused(writable, 1, ENOMEM));
	check(gives_back(mr));
	limit_to(len - PAGE);
	check(refused(huge, len, ENOMEM));
	mr = registered(huge + 1, len - PAGE - 1);
	check(mr && vm_pin() == (long)((len - PAGE) >> 10));
	check(gives_back(mr));
}

/* Pages are charged as long as the region lives, mapped or not. */
static void child_that_unmaps(void)
{
	struct ibv_mr *mr;

	limit_to(8 * PAGE);
	mr = registered(writable, 8 * PAGE);
	check(mr && vm_pin() == 32);
	munmap(writable, 8 * PAGE);
	check(vm_pin() == 32);
	check(refused(writable + 8 * PAGE, 1, ENOMEM));
	check(gives_back(mr));
	check(vm_pin() == 0);
}

static const struct limit {
	const char *name;
	void (*child)(void);
} limits[] = {
	{ "zero", child_without_limit },
	{ "exactly", child_at_limit },
	{ "within a page", child_at_odd_limit },
	{ "many regions", child_with_many },
	{ "unmapped tail", child_with_unmapped_tail },
	{ "hugepage", child_with_hugepage },
	{ "unmapped region", child_that_unmaps },
};

/* The child has its own device: what it leaves behind goes with it. */
static void child(void)
{
	const struct limit *limit = test_element();

	check(!setresgid(NOBODY, NOBODY, NOBODY));
	check(!setresuid(NOBODY, NOBODY, NOBODY));
	device = rdma_device_open();
	limit->child();
	check(vm_pin() == 0);
}

static void test_limit(void)
{
	in_child(child);
}

static const struct test_case tests[] = {
	TEST_EACH(test_bad_region, bad_regions),
	TEST_EACH(test_limit, limits),
	TEST(test_iova_of_another_offset),
	TEST(test_no_bytes_within_page),
	TEST(test_failure_waits_for_nobody),
};

TEST_MAIN(.setup = setup)
