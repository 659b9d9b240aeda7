/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/phyr_test: run GUP over a range of the caller's memory as pages or as
 * phyrs, and say how long it took or what it found.
 *
 * Every call needs CAP_SYS_ADMIN. Addresses and lengths are in bytes, times in
 * nanoseconds of the monotonic clock. Reserved fields and unknown flags must
 * be 0 (EINVAL).
 */
#ifndef _MM_PHYR_TEST_H
#define _MM_PHYR_TEST_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* In what form the range is pinned. */
enum phyr_test_form {
	PHYR_TEST_PAGES,	/* pin_user_pages_fast(), one entry a page */
	PHYR_TEST_PHYRS,	/* pin_user_phyrs_fast(), caller-sized array */
	PHYR_TEST_LIST,		/* phyr_list_pin_user(), array that grows */
};

#define PHYR_TEST_WRITE		0x1	/* FOLL_WRITE */
#define PHYR_TEST_LONGTERM	0x2	/* FOLL_LONGTERM */
#define PHYR_TEST_GET		0x4	/* get_user_pages_fast(); PAGES only */

#define PHYR_TEST_MAX_SAMPLES	0x100000
#define PHYR_TEST_MAX_ENTRIES	0x1000000

/**
 * struct phyr_test_bench - pin and unpin a range many times, timing each
 * @addr: start of the range, any alignment
 * @len: its length in bytes, not 0
 * @form: enum phyr_test_form
 * @flags: PHYR_TEST_WRITE, _LONGTERM, _GET
 * @max_entries: entries of the kernel's array; 0: one per page of the range.
 *	PHYR_TEST_PHYRS only, 0 otherwise
 * @warmup: rounds before the first sample
 * @samples: number of samples, 1 to PHYR_TEST_MAX_SAMPLES
 * @per_call: most pages or phyrs of one call, which is repeated until the range
 *	is pinned; 0: all in one call, as for PHYR_TEST_LIST and PHYR_TEST_GET
 * @pin_ns: user pointer to __u64[@samples]: time to pin
 * @unpin_ns: user pointer to __u64[@samples]: time to unpin
 *
 * Arrays are allocated before the first round. A round that pins less than
 * the range fails the call with the error of the pin (EFAULT if it gave none;
 * ENOSPC if the array was too small); nothing is written then.
 */
struct phyr_test_bench {
	__u64	addr;
	__u64	len;
	__u32	form;
	__u32	flags;
	__u32	max_entries;
	__u32	warmup;
	__u32	samples;
	__u32	per_call;
	__u64	pin_ns;
	__u64	unpin_ns;
};

struct phyr_test_entry {
	__u64	paddr;
	__u64	len;
};

/**
 * struct phyr_test_describe - what a range looks like when pinned
 * @addr: start of the range, any alignment
 * @len: its length in bytes, not 0
 * @form: enum phyr_test_form
 * @flags: PHYR_TEST_WRITE, _LONGTERM, _GET
 * @max_entries: entries that @entries has room for, 1 to PHYR_TEST_MAX_ENTRIES
 * @nr_entries: out: entries written
 * @done: out: bytes of the range that were pinned, counted from @addr
 * @entries: user pointer to struct phyr_test_entry[@max_entries]
 *
 * With PHYR_TEST_PAGES every page is an entry of one whole page, unclipped,
 * and @done is clipped to @len; with the others the entries are the phyrs.
 *
 * PHYR_TEST_DESCRIBE unpins before it returns. PHYR_TEST_HOLD keeps the pins
 * until PHYR_TEST_RELEASE (EINVAL if there are none) or the last close; one
 * range per open file (EBUSY).
 * An error of the pin that left nothing pinned is the error of the call.
 * A PHYR_TEST_LIST whose entries do not fit @max_entries is ENOSPC, as is a
 * PHYR_TEST_PAGES range of more pages than @max_entries. A PHYR_TEST_LIST range
 * of more than PHYR_TEST_MAX_ENTRIES pages is EINVAL.
 */
struct phyr_test_describe {
	__u64	addr;
	__u64	len;
	__u32	form;
	__u32	flags;
	__u32	max_entries;
	__u32	nr_entries;
	__u64	done;
	__u64	entries;
};

#define PHYR_TEST_IOC_MAGIC	0xF7

#define PHYR_TEST_BENCH		_IOW(PHYR_TEST_IOC_MAGIC, 0x00, \
				     struct phyr_test_bench)
#define PHYR_TEST_DESCRIBE	_IOWR(PHYR_TEST_IOC_MAGIC, 0x01, \
				      struct phyr_test_describe)
#define PHYR_TEST_HOLD		_IOWR(PHYR_TEST_IOC_MAGIC, 0x02, \
				      struct phyr_test_describe)
#define PHYR_TEST_RELEASE	_IO(PHYR_TEST_IOC_MAGIC, 0x03)

#endif /* _MM_PHYR_TEST_H */
