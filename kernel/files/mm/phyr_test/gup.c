// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/phyr_test: GUP of the caller's memory, timed or described
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "internal.h"
#include "marks.h"

static struct phyr_test_entry range_entry(const struct phyr_test_range *range,
					  unsigned int i)
{
	const struct phys_vec *phyr;

	if (range->form == PHYR_TEST_PAGES)
		return (struct phyr_test_entry){
			.paddr = page_to_phys(range->pages[i]),
			.len = PAGE_SIZE,
		};

	phyr = range->form == PHYR_TEST_LIST ? &range->list.phyrs[i] :
					       &range->phyrs[i];
	return (struct phyr_test_entry){ .paddr = phyr->paddr, .len = phyr->len };
}

static int range_copy_entries(const struct phyr_test_range *range,
			      struct phyr_test_entry __user *entries)
{
	unsigned int i;

	for (i = 0; i < range->nr; i++) {
		struct phyr_test_entry entry = range_entry(range, i);

		if (copy_to_user(&entries[i], &entry, sizeof(entry)))
			return -EFAULT;
		cond_resched();
	}
	return 0;
}

static __always_inline int
gup_round_with(int (*pin)(struct phyr_test_range *range),
	       struct phyr_test_range *range, u64 *pin_ns, u64 *unpin_ns)
{
	u64 start, end;
	size_t done;
	int err;

	start = phyr_test_begin(0);
	err = pin(range);
	end = phyr_test_end(0);
	if (err)
		return err;
	*pin_ns = end - start;

	start = phyr_test_begin(1);
	done = range->done;
	err = range->nr == range->max ? -ENOSPC : -EFAULT;
	phyr_test_range_unpin(range);
	end = phyr_test_end(1);
	if (done != range->len)
		return err;

	*unpin_ns = end - start;
	return 0;
}

static int gup_round(void *range, u64 *pin_ns, u64 *unpin_ns)
{
	return gup_round_with(phyr_test_range_pin, range, pin_ns, unpin_ns);
}

static int gup_round_by_calls(void *range, u64 *pin_ns, u64 *unpin_ns)
{
	return gup_round_with(phyr_test_range_pin_by_calls, range, pin_ns,
			      unpin_ns);
}

static int phyr_test_bench(struct phyr_test_bench __user *arg)
{
	struct phyr_test_bench bench;
	struct phyr_test_range range;
	u64 max;
	int err;

	if (copy_from_user(&bench, arg, sizeof(bench)))
		return -EFAULT;
	if (!bench.samples || bench.samples > PHYR_TEST_MAX_SAMPLES ||
	    (bench.max_entries && bench.form != PHYR_TEST_PHYRS) ||
	    (bench.per_call && (bench.form == PHYR_TEST_LIST ||
				bench.flags & PHYR_TEST_GET)))
		return -EINVAL;
	err = phyr_test_range_init(&range, bench.addr, bench.len, bench.form,
				   bench.flags);
	if (err)
		return err;
	max = bench.max_entries ?: range.nr_pages;
	if (max > PHYR_TEST_MAX_ENTRIES)
		return -EINVAL;
	err = phyr_test_range_alloc(&range, max);
	if (err)
		return err;

	range.per_call = bench.per_call;
	err = phyr_test_measure(bench.per_call ? gup_round_by_calls : gup_round,
				&range, bench.warmup, bench.samples,
				bench.pin_ns, bench.unpin_ns);
	phyr_test_range_free(&range);
	return err;
}

/* On success @range is pinned and the caller has been told what it is. */
static int range_describe(struct phyr_test_range *range,
			  struct phyr_test_describe __user *arg)
{
	struct phyr_test_describe describe;
	int err;

	if (copy_from_user(&describe, arg, sizeof(describe)))
		return -EFAULT;
	if (!describe.max_entries ||
	    describe.max_entries > PHYR_TEST_MAX_ENTRIES)
		return -EINVAL;
	err = phyr_test_range_init(range, describe.addr, describe.len,
				   describe.form, describe.flags);
	if (err)
		return err;
	if (range->form == PHYR_TEST_PAGES &&
	    range->nr_pages > describe.max_entries)
		return -ENOSPC;
	if (range->form == PHYR_TEST_LIST &&
	    range->nr_pages > PHYR_TEST_MAX_ENTRIES)
		return -EINVAL;
	err = phyr_test_range_alloc(range,
				    min_t(u64, range->nr_pages,
					  describe.max_entries));
	if (err)
		return err;

	err = phyr_test_range_pin(range);
	if (err)
		goto free;
	if (range->nr > describe.max_entries) {
		err = -ENOSPC;
		goto unpin;
	}
	describe.nr_entries = range->nr;
	describe.done = range->done;
	err = range_copy_entries(range, u64_to_user_ptr(describe.entries));
	if (err)
		goto unpin;
	if (copy_to_user(arg, &describe, sizeof(describe))) {
		err = -EFAULT;
		goto unpin;
	}
	return 0;

unpin:
	phyr_test_range_unpin(range);
free:
	phyr_test_range_free(range);
	return err;
}

static int phyr_test_describe(struct phyr_test_describe __user *arg)
{
	struct phyr_test_range range;
	int err;

	err = range_describe(&range, arg);
	if (err)
		return err;
	phyr_test_range_unpin(&range);
	phyr_test_range_free(&range);
	return 0;
}

static void gup_release(void *state)
{
	struct phyr_test_range *held = state;

	phyr_test_range_unpin(held);
	phyr_test_range_free(held);
	kfree(held);
}

/* The state of an open file is the range that it holds. */
static int phyr_test_hold(void **state, struct phyr_test_describe __user *arg)
{
	struct phyr_test_range *range;
	int err;

	if (*state)
		return -EBUSY;
	range = kmalloc_obj(*range, GFP_KERNEL_ACCOUNT);
	if (!range)
		return -ENOMEM;
	err = range_describe(range, arg);
	if (err) {
		kfree(range);
		return err;
	}
	*state = range;
	return 0;
}

static int phyr_test_release(void **state)
{
	if (!*state)
		return -EINVAL;
	gup_release(*state);
	*state = NULL;
	return 0;
}

static long gup_ioctl(void **state, unsigned int cmd, void __user *arg)
{
	switch (cmd) {
	case PHYR_TEST_BENCH:
		return phyr_test_bench(arg);
	case PHYR_TEST_DESCRIBE:
		return phyr_test_describe(arg);
	case PHYR_TEST_HOLD:
		return phyr_test_hold(state, arg);
	case PHYR_TEST_RELEASE:
		return phyr_test_release(state);
	default:
		return -ENOTTY;
	}
}

static struct phyr_test_family gup_family = {
	.owner		= THIS_MODULE,
	.nr		= 0,
	.ioctl		= gup_ioctl,
	.release	= gup_release,
};

static int __init phyr_test_gup_init(void)
{
	return phyr_test_register(&gup_family);
}
module_init(phyr_test_gup_init);

static void __exit phyr_test_gup_exit(void)
{
	phyr_test_unregister(&gup_family);
}
module_exit(phyr_test_gup_exit);

MODULE_DESCRIPTION("Test device for physical ranges: GUP");
MODULE_IMPORT_NS("PHYR_TEST");
MODULE_LICENSE("GPL");
