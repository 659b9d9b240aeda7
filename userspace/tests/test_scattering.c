// SPDX-License-Identifier: GPL-2.0-only
/* Base memory on a kernel that gives physical neighbours a given number of times. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <phyr/backing.h>
#include <phyr/size.h>

#include "../lib/pagemap.h"
#include "test.h"

#define TRIES 8

static struct {
	int unlucky; /* so many areas are neighbours, then all are apart */
	bool hidden;
	int asked;
	const void *areas[TRIES];
} kernel;

int pagemap_apart(const void *addr, size_t pages, size_t *apart)
{
	assert_in_range(kernel.asked, 0, TRIES - 1);
	kernel.areas[kernel.asked++] = addr;
	if (kernel.hidden)
		return -EPERM;
	*apart = kernel.asked <= kernel.unlucky ? pages / 2 : pages - 1;
	return 0;
}

int pagemap_whole_folios(const void *addr, size_t folios, size_t pages,
			 size_t *whole)
{
	(void)addr;
	(void)folios;
	(void)pages;
	(void)whole;
	return -EPERM;
}

static bool is_mapped(const void *addr)
{
	unsigned char present;

	return !mincore((void *)(uintptr_t)addr, 1, &present);
}

static void areas_are_gone(void)
{
	for (int i = 0; i < kernel.asked; i++)
		assert_false(is_mapped(kernel.areas[i]));
}

static struct phyr_backing *create(int unlucky, bool hidden, int *ret,
				   struct phyr_error *error)
{
	struct phyr_backing *backing = NULL;

	memset(&kernel, 0, sizeof(kernel));
	kernel.unlucky = unlucky;
	kernel.hidden = hidden;
	*ret = phyr_backing_create(PHYR_BACKING_BASE, 256 * PHYR_KIB, &backing,
				   error);
	return backing;
}

/* None is freed before the last is there: else its pages would come back. */
static void neighbours_are_replaced(void **state)
{
	(void)state;
	for (int unlucky = 0; unlucky < TRIES; unlucky++) {
		struct phyr_backing *backing;
		int ret;

		backing = create(unlucky, false, &ret, NULL);
		assert_int_equal(ret, 0);
		assert_int_equal(kernel.asked, unlucky + 1);
		assert_ptr_equal(backing->addr, kernel.areas[unlucky]);
		assert_int_equal(backing->apart_percent, 100);
		for (int i = 0; i < unlucky; i++) {
			for (int j = 0; j < i; j++)
				assert_ptr_not_equal(kernel.areas[i],
						     kernel.areas[j]);
			assert_ptr_not_equal(kernel.areas[i], backing->addr);
			assert_false(is_mapped(kernel.areas[i]));
		}
		assert_true(is_mapped(backing->addr));
		phyr_backing_destroy(backing);
		areas_are_gone();
	}
}

static void nothing_else_is_given(void **state)
{
	struct phyr_error error;
	int ret;

	(void)state;
	assert_null(create(TRIES, false, &ret, &error));
	assert_int_equal(ret, -EMEDIUMTYPE);
	assert_int_equal(kernel.asked, TRIES);
	assert_non_null(strstr(error.message, "only 50 %"));
	assert_non_null(strstr(error.message, "at least 90 %"));
	assert_non_null(strstr(error.message, "8 tries"));
	areas_are_gone();
}

static void hidden_addresses_are_asked_for_once(void **state)
{
	struct phyr_backing *backing;
	int ret;

	(void)state;
	backing = create(TRIES, true, &ret, NULL);
	assert_int_equal(ret, 0);
	assert_int_equal(kernel.asked, 1);
	assert_int_equal(backing->apart_percent, PHYR_BACKING_APART_UNKNOWN);
	phyr_backing_destroy(backing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbours_are_replaced),
		cmocka_unit_test(nothing_else_is_given),
		cmocka_unit_test(hidden_addresses_are_asked_for_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("scattering", tests, NULL, NULL);
}
