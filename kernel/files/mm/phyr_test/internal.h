/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/phyr_test: what its files share. Each subject is a family of ioctls,
 * with a file, and a module, of its own.
 */
#ifndef _MM_PHYR_TEST_INTERNAL_H
#define _MM_PHYR_TEST_INTERNAL_H

#include <linux/list.h>
#include <linux/phyr.h>
#include <linux/types.h>

#include "phyr_test.h"

struct module;

#define PHYR_TEST_FAMILY_IOCTLS	16

/**
 * struct phyr_test_family - ioctls on one subject
 * @list: in the list of all families
 * @owner: its module, which open files that have used the family keep
 * @nr: ioctl numbers PHYR_TEST_FAMILY_IOCTLS * @nr and up are its own
 * @ioctl: serves them, one at a time per open file, for CAP_SYS_ADMIN only.
 *	@state is the family's own pointer in the open file, NULL at first.
 *	%-ENOTTY for numbers that it does not know
 * @release: ends a @state that is not NULL, at the last close
 */
struct phyr_test_family {
	struct list_head	list;
	struct module		*owner;
	unsigned int		nr;
	long			(*ioctl)(void **state, unsigned int cmd,
					 void __user *arg);
	void			(*release)(void *state);
};

int phyr_test_register(struct phyr_test_family *family);
void phyr_test_unregister(struct phyr_test_family *family);

/* One round of what is measured: how long its two halves took, or -errno. */
typedef int (*phyr_test_round_fn)(void *arg, u64 *first_ns, u64 *second_ns);

int phyr_test_measure(phyr_test_round_fn round, void *arg, u32 warmup,
		      u32 samples, u64 first_ns, u64 second_ns);

/*
 * User memory in one of the three forms. The array of the first two is made by
 * phyr_test_range_alloc() and outlives any number of pin and unpin rounds, so
 * that these measure nothing else. A list makes its own.
 */
struct phyr_test_range {
	unsigned long		addr;
	size_t			len;
	unsigned long		nr_pages;
	enum phyr_test_form	form;
	unsigned int		gup_flags;
	bool			get;
	unsigned int		max;	/* entries of the array below */
	unsigned int		per_call;	/* entries that one call may fill */
	union {
		struct page	**pages;
		struct phys_vec	*phyrs;
	};
	struct phyr_list	list;

	/* what is pinned now */
	unsigned int		nr;
	size_t			done;
};

int phyr_test_range_init(struct phyr_test_range *range, u64 addr, u64 len,
			 u32 form, u32 flags);
int phyr_test_range_alloc(struct phyr_test_range *range, unsigned int max);
void phyr_test_range_free(struct phyr_test_range *range);
int phyr_test_range_pin(struct phyr_test_range *range);
int phyr_test_range_pin_by_calls(struct phyr_test_range *range);
void phyr_test_range_unpin(struct phyr_test_range *range);
void phyr_test_range_unpin_dirty_lock(struct phyr_test_range *range,
				      bool make_dirty);

#endif /* _MM_PHYR_TEST_INTERNAL_H */
