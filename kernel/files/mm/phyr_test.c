// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/phyr_test: GUP of the caller's memory as pages or as phyrs, timed or
 * described. The interface and its limits are in uapi/linux/phyr_test.h.
 *
 * A struct phyr_test_range is memory in one of the three forms. The array of
 * the first two is made by range_alloc() and outlives any number of pin and
 * unpin rounds, so that these measure nothing else. A list makes its own.
 */
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/phyr.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/phyr_test.h>

#define PHYR_TEST_FLAGS (PHYR_TEST_WRITE | PHYR_TEST_LONGTERM | PHYR_TEST_GET)

struct phyr_test_range {
	unsigned long		addr;
	size_t			len;
	unsigned long		nr_pages;
	enum phyr_test_form	form;
	unsigned int		gup_flags;
	bool			get;
	unsigned int		max;	/* entries of the array below */
	union {
		struct page	**pages;
		struct phys_vec	*phyrs;
	};
	struct phyr_list	list;

	/* what is pinned now */
	unsigned int		nr;
	size_t			done;
};

struct phyr_test_file {
	struct mutex		lock;	/* protects held */
	struct phyr_test_range	*held;
};

static int range_init(struct phyr_test_range *range, u64 addr, u64 len,
		      u32 form, u32 flags)
{
	size_t bytes;

	if (!len || form > PHYR_TEST_LIST || (flags & ~PHYR_TEST_FLAGS))
		return -EINVAL;
	if ((flags & PHYR_TEST_GET) &&
	    (form == PHYR_TEST_LIST || (flags & PHYR_TEST_LONGTERM)))
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

static int range_alloc(struct phyr_test_range *range, unsigned int max)
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

static void range_free(struct phyr_test_range *range)
{
	kvfree(range->pages);
}

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

	if (range->get)
		nr = get_user_phyrs_fast(range->addr, range->len,
					 range->gup_flags, range->phyrs,
					 range->max, &range->done);
	else
		nr = pin_user_phyrs_fast(range->addr, range->len,
					 range->gup_flags, range->phyrs,
					 range->max, &range->done);
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

static int range_pin(struct phyr_test_range *range)
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

/* release_pages() does not take back references to the huge zero folio. */
static void range_put_pages(struct phyr_test_range *range)
{
	unsigned int i;

	for (i = 0; i < range->nr; i++)
		put_page(range->pages[i]);
}

static void range_unpin(struct phyr_test_range *range)
{
	switch (range->form) {
	case PHYR_TEST_PAGES:
		if (range->get)
			range_put_pages(range);
		else
			unpin_user_pages(range->pages, range->nr);
		break;
	case PHYR_TEST_PHYRS:
		if (range->get)
			put_user_phyrs(range->phyrs, range->nr);
		else
			unpin_user_phyrs(range->phyrs, range->nr);
		break;
	default:
		phyr_list_unpin_user(&range->list, false);
	}
	range->nr = 0;
	range->done = 0;
}

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

static int bench_round(struct phyr_test_range *range, u64 *pin_ns, u64 *unpin_ns)
{
	u64 start, pinned, end;
	size_t done;
	int err;

	start = ktime_get_ns();
	err = range_pin(range);
	pinned = ktime_get_ns();
	if (err)
		return err;

	done = range->done;
	err = range->nr == range->max ? -ENOSPC : -EFAULT;
	range_unpin(range);
	end = ktime_get_ns();
	if (done != range->len)
		return err;

	*pin_ns = pinned - start;
	*unpin_ns = end - pinned;
	return 0;
}

static int bench_rounds(struct phyr_test_range *range,
			const struct phyr_test_bench *bench, u64 *pin_ns,
			u64 *unpin_ns)
{
	u64 total = (u64)bench->warmup + bench->samples;
	u64 i;
	int err;

	for (i = 0; i < total; i++) {
		/* Warm-up writes to the first sample, which is not made yet. */
		u64 n = i < bench->warmup ? 0 : i - bench->warmup;

		err = bench_round(range, &pin_ns[n], &unpin_ns[n]);
		if (err)
			return err;
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static int phyr_test_bench(struct phyr_test_bench __user *arg)
{
	struct phyr_test_bench bench;
	struct phyr_test_range range;
	u64 *pin_ns, *unpin_ns;
	size_t size;
	u64 max;
	int err;

	if (copy_from_user(&bench, arg, sizeof(bench)))
		return -EFAULT;
	if (bench.reserved || !bench.samples ||
	    bench.samples > PHYR_TEST_MAX_SAMPLES ||
	    (bench.max_entries && bench.form != PHYR_TEST_PHYRS))
		return -EINVAL;
	err = range_init(&range, bench.addr, bench.len, bench.form, bench.flags);
	if (err)
		return err;
	max = bench.max_entries ?: range.nr_pages;
	if (max > PHYR_TEST_MAX_ENTRIES)
		return -EINVAL;

	size = array_size(bench.samples, sizeof(u64));
	pin_ns = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	unpin_ns = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!pin_ns || !unpin_ns) {
		err = -ENOMEM;
		goto free_samples;
	}
	err = range_alloc(&range, max);
	if (err)
		goto free_samples;

	err = bench_rounds(&range, &bench, pin_ns, unpin_ns);
	if (!err && (copy_to_user(u64_to_user_ptr(bench.pin_ns), pin_ns, size) ||
		     copy_to_user(u64_to_user_ptr(bench.unpin_ns), unpin_ns,
				  size)))
		err = -EFAULT;

	range_free(&range);
free_samples:
	kvfree(unpin_ns);
	kvfree(pin_ns);
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
	err = range_init(range, describe.addr, describe.len, describe.form,
			 describe.flags);
	if (err)
		return err;
	if (range->form == PHYR_TEST_PAGES &&
	    range->nr_pages > describe.max_entries)
		return -ENOSPC;
	if (range->form == PHYR_TEST_LIST &&
	    range->nr_pages > PHYR_TEST_MAX_ENTRIES)
		return -EINVAL;
	err = range_alloc(range, min_t(u64, range->nr_pages,
				       describe.max_entries));
	if (err)
		return err;

	err = range_pin(range);
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
	range_unpin(range);
free:
	range_free(range);
	return err;
}

static int phyr_test_describe(struct phyr_test_describe __user *arg)
{
	struct phyr_test_range range;
	int err;

	err = range_describe(&range, arg);
	if (err)
		return err;
	range_unpin(&range);
	range_free(&range);
	return 0;
}

static int phyr_test_hold(struct phyr_test_file *file,
			  struct phyr_test_describe __user *arg)
{
	struct phyr_test_range *range;
	int err;

	if (file->held)
		return -EBUSY;
	range = kmalloc_obj(*range, GFP_KERNEL_ACCOUNT);
	if (!range)
		return -ENOMEM;
	err = range_describe(range, arg);
	if (err) {
		kfree(range);
		return err;
	}
	file->held = range;
	return 0;
}

static int phyr_test_release_held(struct phyr_test_file *file)
{
	if (!file->held)
		return -EINVAL;
	range_unpin(file->held);
	range_free(file->held);
	kfree(file->held);
	file->held = NULL;
	return 0;
}

static long phyr_test_ioctl(struct file *filp, unsigned int cmd,
			    unsigned long arg)
{
	struct phyr_test_file *file = filp->private_data;
	void __user *uarg = (void __user *)arg;
	long ret;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (mutex_lock_interruptible(&file->lock))
		return -EINTR;
	switch (cmd) {
	case PHYR_TEST_BENCH:
		ret = phyr_test_bench(uarg);
		break;
	case PHYR_TEST_DESCRIBE:
		ret = phyr_test_describe(uarg);
		break;
	case PHYR_TEST_HOLD:
		ret = phyr_test_hold(file, uarg);
		break;
	case PHYR_TEST_RELEASE:
		ret = phyr_test_release_held(file);
		break;
	default:
		ret = -ENOTTY;
	}
	mutex_unlock(&file->lock);
	return ret;
}

static int phyr_test_open(struct inode *inode, struct file *filp)
{
	struct phyr_test_file *file;

	file = kzalloc_obj(*file, GFP_KERNEL_ACCOUNT);
	if (!file)
		return -ENOMEM;
	mutex_init(&file->lock);
	filp->private_data = file;
	return nonseekable_open(inode, filp);
}

static int phyr_test_close(struct inode *inode, struct file *filp)
{
	struct phyr_test_file *file = filp->private_data;

	phyr_test_release_held(file);
	mutex_destroy(&file->lock);
	kfree(file);
	return 0;
}

static const struct file_operations phyr_test_fops = {
	.owner		= THIS_MODULE,
	.open		= phyr_test_open,
	.release	= phyr_test_close,
	.unlocked_ioctl	= phyr_test_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};

static struct miscdevice phyr_test_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "phyr_test",
	.fops	= &phyr_test_fops,
	.mode	= 0600,
};

builtin_misc_device(phyr_test_device);
