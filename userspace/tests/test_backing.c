// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <phyr/backing.h>
#include <phyr/clock.h>
#include <phyr/size.h>

#include "../lib/pagemap.h"
#include "test.h"

static struct phyr_backing *create(enum phyr_backing_kind kind, size_t len)
{
	struct phyr_backing *backing;
	struct phyr_error error;

	if (!phyr_backing_create(kind, len, &backing, &error))
		return backing;
	if (kind == PHYR_BACKING_BASE || strstr(error.message, "within pieces"))
		fail_msg("%s", error.message);
	print_message("# skipped: %s\n", error.message);
	skip();
	return NULL;
}

static void check_memory(const struct phyr_backing *backing, size_t len)
{
	const char *bytes = backing->addr;
	unsigned char present;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	assert_int_equal(backing->len, len);
	assert_true(backing->mapped >= len);
	assert_int_equal((uintptr_t)backing->addr % backing->page_size, 0);
	assert_int_equal(backing->mapped % backing->page_size, 0);
	assert_true(backing->allocate_ns > 0);
	assert_true(backing->fault_ns > 0);
	for (size_t i = 0; i < backing->mapped; i += page) {
		assert_int_equal(bytes[i], 0);
		assert_int_equal(
			mincore((char *)backing->addr + i, page, &present), 0);
		assert_int_equal(present & 1, 1);
	}
}

static void check_kind(enum phyr_backing_kind kind, size_t len)
{
	struct phyr_backing *backing = create(kind, len);

	check_memory(backing, len);
	phyr_backing_destroy(backing);
}

static void base_one_page(void **state)
{
	(void)state;
	check_kind(PHYR_BACKING_BASE, 4 * PHYR_KIB);
}

static void base_pages_are_scattered(void **state)
{
	static const size_t sizes[] = { 8 * PHYR_KIB, 64 * PHYR_KIB,
					1020 * PHYR_KIB, 16 * PHYR_MIB };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct phyr_backing *backing =
			create(PHYR_BACKING_BASE, sizes[i]);
		int apart = backing->apart_percent;

		check_memory(backing, sizes[i]);
		phyr_backing_destroy(backing);
		if (apart == PHYR_BACKING_APART_UNKNOWN) {
			print_message("# skipped: no CAP_SYS_ADMIN\n");
			skip();
		}
		assert_in_range(apart, 90, 100);
	}
}

/* Freed pages come back in another order, which must not undo the scattering. */
static void base_pages_stay_scattered(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++)
		check_kind(PHYR_BACKING_BASE, 256 * PHYR_KIB);
}

static void thp_partly_used(void **state)
{
	struct phyr_backing *backing =
		create(PHYR_BACKING_THP, 2 * PHYR_MIB + 4 * PHYR_KIB);

	(void)state;
	check_memory(backing, 2 * PHYR_MIB + 4 * PHYR_KIB);
	assert_int_equal(backing->mapped, 4 * PHYR_MIB);
	assert_int_equal(backing->page_size, 2 * PHYR_MIB);
	phyr_backing_destroy(backing);
}

static void mthp_64k(void **state)
{
	(void)state;
	check_kind(PHYR_BACKING_MTHP_64K, PHYR_MIB);
}

static void thp_pte(void **state)
{
	(void)state;
	check_kind(PHYR_BACKING_THP_PTE, 4 * PHYR_MIB);
}

static void read_only(void **state)
{
	static const enum phyr_backing_kind kinds[] = {
		PHYR_BACKING_BASE, PHYR_BACKING_HUGETLB_2M
	};
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct phyr_backing *backing;
		struct phyr_error error;

		if (phyr_backing_create_read_only(kinds[i], 64 * PHYR_KIB,
						  &backing, &error)) {
			close(zero);
			print_message("# skipped: %s\n", error.message);
			skip();
		}
		check_memory(backing, 64 * PHYR_KIB);
		assert_true(backing->read_only);
		assert_int_equal(read(zero, backing->addr, 1), -1);
		assert_int_equal(errno, EFAULT);
		phyr_backing_destroy(backing);
	}
	close(zero);
}

static void hugetlb_2m(void **state)
{
	(void)state;
	check_kind(PHYR_BACKING_HUGETLB_2M, 2 * PHYR_MIB);
}

static void hugetlb_1g(void **state)
{
	(void)state;
	check_kind(PHYR_BACKING_HUGETLB_1G, 64 * PHYR_KIB);
}

static void check_pieces(const struct phyr_backing *backing)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), apart;
	char *bytes = backing->addr;

	if (pagemap_apart(bytes, 2, &apart) == -EPERM)
		return;
	for (size_t at = 0; at < backing->mapped; at += page) {
		size_t into = at % backing->page_size;

		if (!at)
			continue;
		assert_int_equal(pagemap_apart(bytes + at - page, 2, &apart),
				 0);
		assert_int_equal(apart, into ? 0 : 1);
	}
}

static void pieces_of_huge_pages(void **state)
{
	(void)state;
	for (int kind = PHYR_BACKING_FRAG_8K; kind <= PHYR_BACKING_FRAG_256K;
	     kind++) {
		struct phyr_backing *backing =
			create(kind, 2 * PHYR_MIB + 4 * PHYR_KIB);

		check_memory(backing, 2 * PHYR_MIB + 4 * PHYR_KIB);
		assert_int_equal(backing->mapped, 4 * PHYR_MIB);
		check_pieces(backing);
		phyr_backing_destroy(backing);
	}
}

/* 256 GiB that nobody has reserved; the error must say how to get more. */
static void short_pool_names_the_cure(void **state)
{
	struct phyr_backing *backing = NULL;
	struct phyr_error error = { 0 };
	int ret;

	(void)state;
	ret = phyr_backing_create(PHYR_BACKING_HUGETLB_2M, 256 * PHYR_GIB,
				  &backing, &error);
	assert_null(backing);
	assert_int_equal(error.code, -ret);
	if (ret == -EOPNOTSUPP) {
		assert_non_null(strstr(error.message, "CONFIG_HUGETLBFS"));
		return;
	}
	assert_int_equal(ret, -ENOMEM);
	assert_non_null(strstr(error.message, "131072 pages needed"));
	assert_non_null(
		strstr(error.message, "free; reserve more with: echo "));
	assert_non_null(strstr(error.message, "/nr_hugepages"));
}

static void refuses_what_memory_cannot_hold(void **state)
{
	struct phyr_backing *backing = NULL;
	struct phyr_error error;

	(void)state;
	assert_int_equal(phyr_backing_create(PHYR_BACKING_BASE, PHYR_GIB << 14,
					     &backing, &error),
			 -ENOMEM);
	assert_non_null(strstr(error.message, "MemAvailable"));
	assert_null(backing);
}

static void refuses_impossible_lengths(void **state)
{
	(void)state;
	for (int kind = 0; kind < PHYR_BACKING_KINDS; kind++) {
		struct phyr_backing *backing = NULL;
		struct phyr_error error;

		assert_int_equal(phyr_backing_create(kind, 0, &backing, &error),
				 -EINVAL);
		assert_non_null(strstr(error.message, "length is 0"));
		assert_int_equal(phyr_backing_create(kind, SIZE_MAX, &backing,
						     NULL),
				 -EOVERFLOW);
		assert_null(backing);
	}
}

static void destroys_nothing(void **state)
{
	(void)state;
	phyr_backing_destroy(NULL);
}

static void names_survive_a_round_trip(void **state)
{
	(void)state;
	for (int i = 0; i < PHYR_BACKING_KINDS; i++) {
		enum phyr_backing_kind kind = PHYR_BACKING_KINDS;

		assert_int_equal(
			phyr_backing_parse(phyr_backing_name(i), &kind), 0);
		assert_int_equal(kind, i);
	}
}

static atomic_bool stop;

static void *set_stop(void *nothing)
{
	usleep(50000);
	stop = true;
	return nothing;
}

/* Memory that takes a second and more to fault in is given up at once. */
static void can_be_stopped(void **state)
{
	static const enum phyr_backing_kind kinds[] = { PHYR_BACKING_BASE,
							PHYR_BACKING_THP,
							PHYR_BACKING_THP_PTE };

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct phyr_backing *backing = NULL;
		struct phyr_error error;
		pthread_t thread;
		uint64_t start;
		int ret;

		stop = false;
		assert_int_equal(pthread_create(&thread, NULL, set_stop, NULL),
				 0);
		start = phyr_clock_ns();
		ret = phyr_backing_create_until(kinds[i], 4 * PHYR_GIB, false,
						&stop, &backing, &error);
		start = phyr_clock_ns() - start;
		pthread_join(thread, NULL);
		if (ret == -ENOMEM || ret == -EOPNOTSUPP) {
			print_message("# %s\n", error.message);
			continue;
		}
		assert_int_equal(ret, -ECANCELED);
		assert_null(backing);
		assert_true(start < 1000000000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base_one_page),
		cmocka_unit_test(base_pages_are_scattered),
		cmocka_unit_test(base_pages_stay_scattered),
		cmocka_unit_test(thp_partly_used),
		cmocka_unit_test(pieces_of_huge_pages),
		cmocka_unit_test(mthp_64k),
		cmocka_unit_test(thp_pte),
		cmocka_unit_test(read_only),
		cmocka_unit_test(hugetlb_2m),
		cmocka_unit_test(hugetlb_1g),
		cmocka_unit_test(short_pool_names_the_cure),
		cmocka_unit_test(refuses_what_memory_cannot_hold),
		cmocka_unit_test(refuses_impossible_lengths),
		cmocka_unit_test(can_be_stopped),
		cmocka_unit_test(destroys_nothing),
		cmocka_unit_test(names_survive_a_round_trip),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("backing", tests, NULL, NULL);
}
