// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/phyr_test: the caller's memory, pinned as pages or as phyrs
 */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "internal.h"

#define PHYR_TEST_FLAGS (PHYR_TEST_WRITE | PHYR_TEST_LONGTERM | PHYR_TEST_GET)

int phyr_test_range_init(struct phyr_test_range *range, u64 addr, u64 len,
			 u32 form, u32 flags)
{
	size_t bytes;

	if (!len || form > PHYR_TEST_LIST || (flags & ~PHYR_TEST_FLAGS))
		return -EINVAL;
	if ((flags & PHYR_TEST_GET) &&
	    (form != PHYR_TEST_PAGES || (flags & PHYR_TEST_LONGTERM)))
		return -EINVAL;
	if (overflows_type(addr, range->addr) || overflows_type(len, range->len))
		return -EOVERFLOW;

	*range = (struct phyr_test_range){
		.addr = addr,
		.len = len,
		.form = form,
		.get = flags & PHYR_TEST_GET,
	};
	if (check_add_overflow(range->len, offset_in_page(range->addr), &bytes) ||
	    bytes > PAGE_ALIGN_DOWN(SIZE_MAX))
		return -EOVERFLOW;
	range->nr_pages = PAGE_ALIGN(bytes) >> PAGE_SHIFT;

	if (flags & PHYR_TEST_WRITE)
		range->gup_flags |= FOLL_WRITE;
	if (flags & PHYR_TEST_LONGTERM)
		range->gup_flags |= FOLL_LONGTERM;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(phyr_test_range_init, "PHYR_TEST");

int phyr_test_range_alloc(struct phyr_test_range *range, unsigned int max)
{
	const gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_NOWARN;

	range->max = max;
	switch (range->form) {
	case PHYR_TEST_PAGES:
		range->pages = kvmalloc_objs(*range->pages, max, gfp);
		return range->pages ? 0 : -ENOMEM;
	case PHYR_TEST_PHYRS:
		range->phyrs = kvmalloc_objs(*range->phyrs, max, gfp);
		return range->phyrs ? 0 : -ENOMEM;
	default:
		return 0;
	}
}
EXPORT_SYMBOL_NS_GPL(phyr_test_range_alloc, "PHYR_TEST");

void phyr_test_range_free(struct phyr_test_range *range)
{
	kvfree(range->pages);
}
EXPORT_SYMBOL_NS_GPL(phyr_test_range_free, "PHYR_TEST");

static int range_pin_pages(struct phyr_test_range *range)
{
	int nr;

	if (range->get)
		nr = get_user_pages_fast(range->addr, range->nr_pages,
					 range->gup_flags, range->pages);
	else
		nr = pin_user_pages_fast(range->addr, range->nr_pages,
					 range->gup_flags, range->pages);
	if (nr <= 0)
		return nr ?: -EFAULT;
	range->nr = nr;
	range->done = min(range->len, ((size_t)nr << PAGE_SHIFT) -
				      offset_in_page(range->addr));
	return 0;
}

static int range_pin_phyrs(struct phyr_test_range *range)
{
	int nr;

	nr = pin_user_phyrs_fast(range->addr, range->len, range->gup_flags,
				 range->phyrs, range->max, &range->done);
	if (nr < 0)
		return nr;
	range->nr = nr;
	return 0;
}

static int range_pin_list(struct phyr_test_range *range)
{
	int err;

	err = phyr_list_pin_user(&range->list, range->addr, range->len,
				 range->gup_flags);
	if (err)
		return err;
	range->nr = range->list.nr;
	range->done = range->list.len;
	return 0;
}

int phyr_test_range_pin(struct phyr_test_range *range)
{
	switch (range->form) {
	case PHYR_TEST_PAGES:
		return range_pin_pages(range);
	case PHYR_TEST_PHYRS:
		return range_pin_phyrs(range);
	default:
		return range_pin_list(range);
	}
}
EXPORT_SYMBOL_NS_GPL(phyr_test_range_pin, "PHYR_TEST");

static int range_add_pages(struct phyr_test_range *range)
{
	unsigned long left = range->nr_pages - range->nr;
	int nr;

	nr = pin_user_pages_fast(range->addr + range->nr * PAGE_SIZE,
				 min(left, range->per_call), range->gup_flags,
				 range->pages + range->nr);
	if (nr <= 0)
		return nr ?: -EFAULT;
	range->nr += nr;
	range->done = min(range->len, ((size_t)range->nr << PAGE_SHIFT) -
				      offset_in_page(range->addr));
	return 0;
}

static int range_add_phyrs(struct phyr_test_range *range)
{
	unsigned int room = range->max - range->nr;
	size_t done;
	int nr;

	nr = pin_user_phyrs_fast(range->addr + range->done,
				 range->len - range->done, range->gup_flags,
				 range->phyrs + range->nr,
				 min(room, range->per_call), &done);
	if (nr < 0)
		return nr;
	range->nr += nr;
	range->done += done;
	return 0;
}

/* In calls that fill no more than @range->per_call entries each. */
int phyr_test_range_pin_by_calls(struct phyr_test_range *range)
{
	int err;

	do {
		if (range->form == PHYR_TEST_PAGES)
			err = range_add_pages(range);
		else
			err = range_add_phyrs(range);
	} while (!err && range->done < range->len);
	return range->nr ? 0 : err;
}
EXPORT_SYMBOL_NS_GPL(phyr_test_range_pin_by_calls, "PHYR_TEST");

/* release_pages() does not take back references to the huge zero folio. */
static void range_put_pages(struct phyr_test_range *range)
{
	unsigned int i;

	for (i = 0; i < range->nr; i++)
		put_page(range->pages[i]);
}

void phyr_test_range_unpin(struct phyr_test_range *range)
{
	switch (range->form) {
	case PHYR_TEST_PAGES:
		if (range->get)
			range_put_pages(range);
		else
			unpin_user_pages(range->pages, range->nr);
		break;
	case PHYR_TEST_PHYRS:
		unpin_user_phyrs(range->phyrs, range->nr);
		break;
	default:
		phyr_list_unpin_user(&range->list, false);
	}
	range->nr = 0;
	range->done = 0;
}
EXPORT_SYMBOL_NS_GPL(phyr_test_range_unpin, "PHYR_TEST");

/* Of a range that is pinned: a device may have written to it. */
void phyr_test_range_unpin_dirty_lock(struct phyr_test_range *range,
				      bool make_dirty)
{
	switch (range->form) {
	case PHYR_TEST_PAGES:
		unpin_user_pages_dirty_lock(range->pages, range->nr,
					    make_dirty);
		break;
	case PHYR_TEST_PHYRS:
		unpin_user_phyrs_dirty_lock(range->phyrs, range->nr,
					    make_dirty);
		break;
	default:
		phyr_list_unpin_user(&range->list, make_dirty);
	}
	range->nr = 0;
	range->done = 0;
}
EXPORT_SYMBOL_NS_GPL(phyr_test_range_unpin_dirty_lock, "PHYR_TEST");
