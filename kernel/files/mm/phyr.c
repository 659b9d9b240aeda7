// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical ranges (phyrs): user memory pinned and described
 *
 * Words: a phyr is a struct phys_vec. An array of phyrs describes a range of
 * user memory of current->mm, in the order of its bytes and exactly: the first
 * phyr may begin, and the last one may end, within a page.
 *
 * Ownership: every page that a phyr touches carries one pin of its own, as if it
 * had come from a page array. As there, the zero page is never pinned. So phyrs
 * may be split and joined at page boundaries, and unpinned in parts, in any
 * order. Splitting within a page would unpin that page twice.
 *
 * A phyr never spans a gap in the memmap or two pgmaps, and never joins pages
 * that may be pinned for long to pages that may not.
 *
 * Gathering alternates two steps. The fast walk of mm/gup.c adds page-table
 * leaves until it is done; or the array is full; or a table of PTEs or PMDs
 * ends, which bounds how long interrupts are off; or it meets a leaf that it
 * cannot take. If that is for want of the VMA, it is tried once more with the VMA
 * locked. Only then the slow walk faults in, unshares or migrates the next
 * leaves, and the fast walk goes on behind them.
 */
#include <linux/export.h>
#include <linux/mmap_lock.h>
#include <linux/phyr.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "internal.h"
#include "phyr_sink.h"

/*
 * Whether a page that is mapped read-only may be pinned for long depends on its
 * VMA. So here the fast walk has it: locked, and for no more than its memory.
 */
static unsigned long gather_in_vma(struct phyr_sink *sink, unsigned long start,
				   unsigned long end, unsigned int gup_flags)
{
	struct vm_area_struct *vma = lock_vma_under_rcu(current->mm, start);
	unsigned long nr = 0;

	phyr_sink_start_walk(sink);
	if (!vma)
		return 0;

	/* Copy-on-write is broken by the slow walk only. */
	if (!vma_is_cow_mapping(vma)) {
		sink->vma = vma;
		nr = gup_phyrs_fast(start, min(end, vma->vm_end), gup_flags,
				    sink);
		sink->vma = NULL;
		/* What follows is of the same kind, more often than not. */
		sink->needs_vma = sink->paused;
	}
	vma_end_read(vma);
	return nr;
}

/* The rest of phyr_sink_gather(), where a fast walk was not enough. */
int phyr_sink_gather_on(struct phyr_sink *sink, unsigned long *start,
			unsigned long end, unsigned int gup_flags)
{
	unsigned long at = *start;
	int err = 0;
	long nr;

	do {
		if (sink->full) {
			err = -ENOSPC;
			break;
		}
		if (fatal_signal_pending(current)) {
			err = -EINTR;
			break;
		}
		cond_resched();

		if (sink->needs_vma) {
			nr = gather_in_vma(sink, at, end, gup_flags);
		} else if (sink->paused) {
			phyr_sink_start_walk(sink);
			nr = gup_phyrs_fast(at, end, gup_flags, sink);
		} else {
			nr = gup_phyrs_slow(at, (end - at) >> PAGE_SHIFT,
					    gup_flags, sink);
			if (nr <= 0) {
				/* Without an MMU the walk says -EFAULT. */
				err = sink->full ? -ENOSPC : nr ?: -EFAULT;
				break;
			}
			sink->paused = true;
		}
		at += nr << PAGE_SHIFT;
	} while (at != end);
	*start = at;
	return err;
}

/**
 * pin_user_phyrs_fast() - pin user memory and describe it as phyrs
 * @start: user address of the first byte, of any alignment
 * @len: number of bytes
 * @gup_flags: FOLL_* flags as for pin_user_pages_fast()
 * @phyrs: array to be filled
 * @max: number of entries of @phyrs
 * @done: set to the number of bytes from @start that are described and pinned
 *
 * Does for a byte range what pin_user_pages_fast() does for pages: takes
 * FOLL_PIN on every page that holds a byte of the range, without mmap_lock
 * where it can, faulting in where it must. Physically contiguous memory becomes
 * one entry whatever the size of its pages. The entries cover exactly @done
 * bytes. These are fewer than @len if @max entries were not enough, or if an
 * error came after the first page.
 *
 * Release with unpin_user_phyrs() or unpin_user_phyrs_dirty_lock().
 *
 * Context: Process context of the owner of the memory; may sleep.
 * Return: The number of entries filled; 0 if @len is 0; -errno if nothing was
 * pinned: the errors of pin_user_pages_fast(), %-ENOSPC if @max is 0.
 */
int pin_user_phyrs_fast(unsigned long start, size_t len, unsigned int gup_flags,
			struct phys_vec *phyrs, unsigned int max, size_t *done)
{
	struct phyr_sink sink = {
		.phyrs = phyrs,
		.free = phyrs,
		.limit = phyrs + min_t(unsigned int, max, INT_MAX),
		.mark = phyrs,
	};
	unsigned long first = start;
	unsigned long next, end;
	int err;

	*done = 0;
	if (!len)
		return 0;
	err = phyr_sink_check(&first, len, &end, &gup_flags);
	if (err)
		return err;

	next = first;
	err = phyr_sink_gather(&sink, &next, end, gup_flags);
	if (next != first)
		*done = phyr_sink_clip(&sink, start, len, next - first);
	return phyr_sink_nr(&sink) ?: err;
}
EXPORT_SYMBOL_GPL(pin_user_phyrs_fast);
