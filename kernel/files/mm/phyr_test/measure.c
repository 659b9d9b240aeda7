// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/phyr_test: rounds that are timed, and their samples
 */
#include <linux/export.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/moduleparam.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "internal.h"

static bool settle;
module_param(settle, bool, 0444);
MODULE_PARM_DESC(settle, "Let the machine come to rest before each timed round");

/*
 * Sleeps while callbacks of RCU and whatever else was deferred are done, and
 * until just after a tick: a round that takes less than a tick has none in it.
 */
static void measure_settle(void)
{
	u64 until = roundup_u64(ktime_get_ns() + 100 * NSEC_PER_MSEC, TICK_NSEC);
	ktime_t expires = ns_to_ktime(until + TICK_NSEC / 16);

	set_current_state(TASK_INTERRUPTIBLE);
	schedule_hrtimeout(&expires, HRTIMER_MODE_ABS);
}

static int measure_rounds(phyr_test_round_fn round, void *arg, u32 warmup,
			  u32 samples, u64 *first_ns, u64 *second_ns)
{
	u64 total = (u64)warmup + samples;
	u64 i;
	int err;

	for (i = 0; i < total; i++) {
		/* Warm-up writes to the first sample, which is not made yet. */
		u64 n = i < warmup ? 0 : i - warmup;

		if (settle)
			measure_settle();
		err = round(arg, &first_ns[n], &second_ns[n]);
		if (err)
			return err;
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/*
 * @first_ns and @second_ns: user pointers to __u64[@samples], written to only
 * when no round failed. @samples is 1 to PHYR_TEST_MAX_SAMPLES.
 */
int phyr_test_measure(phyr_test_round_fn round, void *arg, u32 warmup,
		      u32 samples, u64 first_ns, u64 second_ns)
{
	size_t size = array_size(samples, sizeof(u64));
	u64 *first, *second;
	int err = -ENOMEM;

	first = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	second = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!first || !second)
		goto free;

	err = measure_rounds(round, arg, warmup, samples, first, second);
	if (!err && (copy_to_user(u64_to_user_ptr(first_ns), first, size) ||
		     copy_to_user(u64_to_user_ptr(second_ns), second, size)))
		err = -EFAULT;
free:
	kvfree(second);
	kvfree(first);
	return err;
}
EXPORT_SYMBOL_NS_GPL(phyr_test_measure, "PHYR_TEST");
