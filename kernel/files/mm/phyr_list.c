// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of physical ranges (phyrs), whose arrays grow, and cursors over them
 *
 * A list owns its array and never the memory that the array describes.
 */
#include <linux/export.h>
#include <linux/overflow.h>
#include <linux/phyr.h>
#include <linux/slab.h>

#include "internal.h"
#include "phyr_sink.h"

/* Entries of the first array that memory is pinned into. */
#define PHYR_LIST_FIRST_MAX	32
/* How many times as large the next one is. */
#define PHYR_LIST_GROWTH	8
/* kvrealloc() refuses more bytes than an int can count. */
#define PHYR_LIST_MAX		(INT_MAX / sizeof(struct phys_vec))

static int phyr_list_grow(struct phyr_list *list, unsigned long max, gfp_t gfp)
{
	struct phys_vec *phyrs;

	max = min(max, PHYR_LIST_MAX);
	if (max <= list->max)
		return -ENOMEM;
	phyrs = kvrealloc(list->phyrs, max * sizeof(*phyrs),
			  gfp | __GFP_NOWARN);
	if (!phyrs)
		return -ENOMEM;
	list->phyrs = phyrs;
	list->max = max;
	return 0;
}

/**
 * phyr_list_reserve() - make room for as many phyrs as a list is going to have
 * @list: the list
 * @max: that number
 * @gfp: how to allocate the array
 *
 * Up to that number of phyrs, phyr_list_add() then allocates nothing and cannot
 * run out of memory.
 *
 * Context: Process context; may sleep.
 * Return: 0, and @list->max is @max if it was less before; %-ENOMEM, also if the
 * array would have more than INT_MAX bytes. The list is as it was on error.
 */
int phyr_list_reserve(struct phyr_list *list, unsigned int max, gfp_t gfp)
{
	if (max <= list->max)
		return 0;
	if (max > PHYR_LIST_MAX)
		return -ENOMEM;
	return phyr_list_grow(list, max, gfp);
}
EXPORT_SYMBOL_GPL(phyr_list_reserve);

/**
 * phyr_list_clear() - make a list empty and keep its array
 * @list: the list
 *
 * What the phyrs describe is not touched: release it first. A list that follows
 * goes on following.
 *
 * Context: Any.
 */
void phyr_list_clear(struct phyr_list *list)
{
	list->nr = 0;
	list->len = 0;
}
EXPORT_SYMBOL_GPL(phyr_list_clear);

/**
 * phyr_list_free() - free the array of a list and make the list empty
 * @list: the list
 *
 * What the phyrs describe is not touched: release it first. A list that follows
 * goes on following.
 *
 * Context: Process context.
 */
void phyr_list_free(struct phyr_list *list)
{
	kvfree(list->phyrs);
	*list = (struct phyr_list){ .next = list->next };
}
EXPORT_SYMBOL_GPL(phyr_list_free);

/**
 * phyr_list_add() - append a physical range to a list
 * @list: the list; none of its memory pinned by phyr_list_pin_user()
 * @paddr: physical address of the first byte
 * @len: number of bytes, not 0
 * @gfp: how to allocate if the array must grow
 *
 * A range that begins where the last one ends is merged with it. That both
 * ranges are memory of one kind (one pgmap, one way of being released) is for
 * the caller to see to.
 *
 * Context: Any if the array has room; process context, may sleep, if it must
 * grow.
 * Return: 0; %-EINVAL if @len is 0; %-EOVERFLOW if @paddr + @len or the length
 * of the list would overflow; %-ENOMEM, also if the array would have
 * more than INT_MAX bytes. The list is as it was on error.
 */
int phyr_list_add(struct phyr_list *list, phys_addr_t paddr, size_t len,
		  gfp_t gfp)
{
	struct phys_vec *last = list->nr ? &list->phyrs[list->nr - 1] : NULL;
	phys_addr_t last_byte;
	size_t total;

	if (!len)
		return -EINVAL;
	if (check_add_overflow(paddr, len - 1, &last_byte) ||
	    check_add_overflow(list->len, len, &total))
		return -EOVERFLOW;

	/* A range up to the very last address is followed by nothing. */
	if (last && paddr && last->paddr + last->len == paddr) {
		last->len += len;
	} else {
		if (list->nr == list->max) {
			int err = phyr_list_grow(list, max(2UL * list->max, 1UL),
						 gfp);

			if (err)
				return err;
		}
		list->phyrs[list->nr++] = (struct phys_vec){ paddr, len };
	}
	list->len = total;
	return 0;
}
EXPORT_SYMBOL_GPL(phyr_list_add);

/* Give back what growth took too much of; the first array is small. */
static void phyr_list_trim(struct phyr_list *list)
{
	struct phys_vec *phyrs;

	if (list->max <= PHYR_LIST_FIRST_MAX || list->nr >= list->max / 2)
		return;

	phyrs = kvmalloc_objs(*phyrs, list->nr,
			      GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!phyrs)
		return;
	memcpy(phyrs, list->phyrs, array_size(list->nr, sizeof(*phyrs)));
	kvfree(list->phyrs);
	list->phyrs = phyrs;
	list->max = list->nr;
}

/*
 * @left: bytes still to be gathered, which need at most one entry per page
 *
 * The first array is small. It is not charged to the memory cgroup, as larger
 * ones are: to uncharge it takes some 240 of the 4,700 instructions in which an
 * MR of one page is deregistered.
 */
static int phyr_list_grow_sink(struct phyr_list *list, struct phyr_sink *sink,
			       unsigned long left)
{
	unsigned long max = PHYR_LIST_FIRST_MAX;
	unsigned int nr = phyr_sink_nr(sink);
	gfp_t gfp = GFP_KERNEL;
	int err;

	if (list->max) {
		max = PHYR_LIST_GROWTH * (unsigned long)list->max;
		gfp = GFP_KERNEL_ACCOUNT;
	}
	err = phyr_list_grow(list, min(max, nr + (left >> PAGE_SHIFT)), gfp);
	if (err)
		return err;
	sink->phyrs = list->phyrs;
	sink->free = list->phyrs + nr;
	sink->limit = list->phyrs + list->max;
	phyr_sink_start_walk(sink);
	return 0;
}

/**
 * phyr_list_pin_user() - pin a whole range of user memory into a list
 * @list: an empty list
 * @start: user address of the first byte, of any alignment
 * @len: number of bytes
 * @gup_flags: FOLL_* flags as for pin_user_pages_fast()
 *
 * The array becomes as large as the range needs, up to INT_MAX bytes: enough
 * for half a TiB of memory if no two of its 4 KiB pages are contiguous. All or
 * nothing: if one page cannot be pinned, the others are unpinned. Accounting
 * against RLIMIT_MEMLOCK is for the caller, before the call.
 *
 * Context: Process context of the owner of the memory; may sleep.
 * Return: 0; %-EINVAL if @list is not empty, which leaves it alone; %-EINTR or
 * %-EAGAIN on a fatal signal; %-ENOMEM, also if there are too many phyrs; the
 * errors of pin_user_pages_fast(). On all but the first @list is empty.
 */
int phyr_list_pin_user(struct phyr_list *list, unsigned long start, size_t len,
		       unsigned int gup_flags)
{
	struct phyr_sink sink = {};
	unsigned long first = start;
	unsigned long next, end;
	int err;

	if (list->phyrs)
		return -EINVAL;
	if (!len)
		return 0;
	err = phyr_sink_check(&first, len, &end, &gup_flags);
	if (err)
		return err;

	next = first;
	do {
		err = phyr_list_grow_sink(list, &sink, end - next);
		if (err)
			break;
		err = phyr_sink_gather(&sink, &next, end, gup_flags);
	} while (sink.full);
	if (next != first)
		list->len = phyr_sink_clip(&sink, start, len, next - first);
	list->nr = phyr_sink_nr(&sink);
	if (err)
		phyr_list_unpin_user(list, false);
	else
		phyr_list_trim(list);
	return err;
}
EXPORT_SYMBOL_GPL(phyr_list_pin_user);

/**
 * phyr_list_unpin_user() - undo phyr_list_pin_user()
 * @list: the list, which is empty afterwards; may be empty before
 * @make_dirty: whether the memory was written to
 *
 * Context: Process context; may sleep.
 */
void phyr_list_unpin_user(struct phyr_list *list, bool make_dirty)
{
	unpin_phyrs_resched(list->phyrs, list->nr, make_dirty);
	phyr_list_free(list);
}
EXPORT_SYMBOL_GPL(phyr_list_unpin_user);

/**
 * phyr_iter_advance() - move a cursor forward
 * @iter: the cursor
 * @bytes: how far; beyond the end stops at the end
 *
 * Context: Any.
 */
void phyr_iter_advance(struct phyr_iter *iter, size_t bytes)
{
	if (bytes >= iter->left) {
		iter->left = 0;
		return;
	}

	iter->left -= bytes;
	bytes += iter->skip;
	while (bytes >= iter->cur->len) {
		bytes -= iter->cur->len;
		iter->cur++;
		phyr_iter_chain(iter);
	}
	iter->skip = bytes;
}
EXPORT_SYMBOL_GPL(phyr_iter_advance);
