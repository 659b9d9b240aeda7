// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical ranges (phyrs): pin, release and walk memory as {address, length}
 *
 * Words: a phyr is a struct phys_vec. An array of phyrs stands for a range of
 * bytes, in the order of those bytes; here the range is user memory of
 * current->mm and the array is exact, so the first and the last phyr may begin
 * and end within a page.
 *
 * Ownership: every page that a phyr touches carries one reference of its own
 * kind (a pin or a get), as if it had come from a page array; the zero page
 * carries none. So phyrs may be split and joined at page boundaries, and
 * released in parts, in any order. Splitting within a page would release that
 * page twice.
 *
 * A phyr never spans a gap in the memmap or two pgmaps, and never joins pages
 * that may be pinned for long to pages that may not.
 *
 * Gathering alternates two steps. The fast walk of mm/gup.c adds leaves until
 * it is done, the array is full, it comes to the end of a table of PTEs or PMDs
 * (to bound how long interrupts are off), or it meets what it cannot take. Only
 * in the last case the slow path faults in, unshares or migrates the next few
 * pages; then the fast walk goes on.
 */
#include <linux/export.h>
#include <linux/overflow.h>
#include <linux/phyr.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "internal.h"
#include "phyr_sink.h"

#define PHYR_LIST_FIRST_MAX	32
#define PHYR_LIST_GROWTH	8
#define PHYR_LIST_RESCHED	4096
/* kvrealloc() refuses more bytes than an int can count. */
#define PHYR_LIST_MAX		(INT_MAX / sizeof(struct phys_vec))

/* Pages per step of the slow path: one page full of page pointers. */
#define PHYR_SLOW_PAGES		(PAGE_SIZE / sizeof(struct page *))

static struct page *phyr_first_page(const struct phys_vec *phyr)
{
	return phys_to_page(phyr->paddr);
}

static unsigned long phyr_nr_pages(const struct phys_vec *phyr)
{
	return DIV_ROUND_UP(offset_in_page(phyr->paddr) + phyr->len, PAGE_SIZE);
}

static void phyr_put(const struct phys_vec *phyr)
{
	struct page *page = phyr_first_page(phyr);
	unsigned long left = phyr_nr_pages(phyr);

	while (left) {
		struct folio *folio = page_folio(page);
		unsigned long nr = min(left, folio_nr_pages(folio) -
					     folio_page_idx(folio, page));

		folio_put_refs(folio, nr);
		page += nr;
		left -= nr;
	}
}

/**
 * put_user_phyrs() - release phyrs that get_user_phyrs_fast() returned
 * @phyrs: the phyrs; whole, or split and joined at page boundaries
 * @nr: their number
 *
 * Context: Any.
 */
void put_user_phyrs(const struct phys_vec *phyrs, unsigned int nr)
{
	for (; nr; nr--, phyrs++)
		phyr_put(phyrs);
}
EXPORT_SYMBOL_GPL(put_user_phyrs);

/**
 * unpin_user_phyrs_dirty_lock() - unpin phyrs and optionally mark them dirty
 * @phyrs: phyrs from pin_user_phyrs_fast() or phyr_list_pin_user(); whole, or
 *	split and joined at page boundaries
 * @nr: their number
 * @make_dirty: whether to mark every folio that is not yet dirty
 *
 * Context: Process context if @make_dirty, which may sleep; any otherwise.
 */
void unpin_user_phyrs_dirty_lock(const struct phys_vec *phyrs, unsigned int nr,
				 bool make_dirty)
{
	for (; nr; nr--, phyrs++)
		unpin_user_page_range_dirty_lock(phyr_first_page(phyrs),
						 phyr_nr_pages(phyrs),
						 make_dirty);
}
EXPORT_SYMBOL_GPL(unpin_user_phyrs_dirty_lock);

/**
 * unpin_user_phyrs() - unpin phyrs
 * @phyrs: phyrs from pin_user_phyrs_fast() or phyr_list_pin_user(); whole, or
 *	split and joined at page boundaries
 * @nr: their number
 *
 * Context: Any.
 */
void unpin_user_phyrs(const struct phys_vec *phyrs, unsigned int nr)
{
	unpin_user_phyrs_dirty_lock(phyrs, nr, false);
}
EXPORT_SYMBOL_GPL(unpin_user_phyrs);

/* The phyr that the walk began with keeps what it had before. */
void phyr_sink_undo_walk(struct phyr_sink *sink)
{
	sink->next = NULL;
	if (sink->mark_len) {
		struct phys_vec *last = sink->mark - 1;
		struct phys_vec added = {
			.paddr = last->paddr + sink->mark_len,
			.len = last->len - sink->mark_len,
		};

		if (added.len)
			unpin_user_phyrs(&added, 1);
		last->len = sink->mark_len;
		sink->next = phys_to_page(added.paddr - 1) + 1;
	}
	unpin_user_phyrs(sink->mark, sink->free - sink->mark);
	sink->free = sink->mark;
	/* Whatever ended the walk did not happen: it is for the slow path now. */
	sink->paused = false;
	sink->full = false;
}

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

/* @left: bytes still to be gathered, which need at most one entry per page */
static int phyr_sink_grow(struct phyr_sink *sink, struct phyr_list *list,
			  unsigned long left)
{
	unsigned long max = PHYR_LIST_FIRST_MAX;
	unsigned int nr = phyr_sink_nr(sink);
	int err;

	if (list->max)
		max = PHYR_LIST_GROWTH * (unsigned long)list->max;
	err = phyr_list_grow(list, min(max, nr + (left >> PAGE_SHIFT)),
			     GFP_KERNEL_ACCOUNT);
	if (err)
		return err;
	sink->phyrs = list->phyrs;
	sink->free = list->phyrs + nr;
	sink->limit = list->phyrs + list->max;
	return 0;
}

/* Returns the number of pages added, or -errno if none was. */
static noinline long phyr_sink_add_slow(struct phyr_sink *sink,
					unsigned long start,
					unsigned long nr_pages,
					unsigned int gup_flags)
{
	struct page **pages;
	long nr, i, rest;

	pages = kmalloc_objs(*pages, PHYR_SLOW_PAGES);
	if (!pages)
		return -ENOMEM;

	nr = gup_phyrs_slow(start, min(nr_pages, PHYR_SLOW_PAGES), gup_flags,
			    pages);
	phyr_sink_start_walk(sink);
	for (i = 0; i < nr; i++)
		if (!phyr_sink_add(sink, pages[i], 1, gup_flags))
			break;

	for (rest = i; rest < nr; rest++)
		if (gup_flags & FOLL_PIN)
			unpin_user_page(pages[rest]);
		else
			put_page(pages[rest]);
	kfree(pages);
	return nr > 0 ? i : nr ?: -EFAULT;
}

/*
 * Gather the pages of [@start, @end), at least one, into @sink, which grows if
 * it fills @list. @start becomes the end of what was gathered, also on error.
 */
static int phyr_sink_gather(struct phyr_sink *sink, struct phyr_list *list,
			    unsigned long *start, unsigned long end,
			    unsigned int gup_flags)
{
	unsigned long at = *start;
	long nr, err = 0;

	for (;;) {
		at += gup_phyrs_fast(at, end, gup_flags, sink) << PAGE_SHIFT;
		if (at == end)
			break;

		if (!sink->full && !sink->paused) {
			nr = phyr_sink_add_slow(sink, at,
						(end - at) >> PAGE_SHIFT,
						gup_flags);
			if (nr < 0) {
				err = nr;
				break;
			}
			at += nr << PAGE_SHIFT;
			if (at == end)
				break;
		}

		if (sink->full) {
			err = list ? phyr_sink_grow(sink, list, end - at) :
				     -ENOSPC;
			if (err)
				break;
		}
		if (fatal_signal_pending(current)) {
			err = -EINTR;
			break;
		}
		cond_resched();
	}
	*start = at;
	return err;
}

/*
 * Cut whole pages down to the bytes from @start that the caller asked for;
 * returns how many of those there are.
 */
static size_t phyr_sink_clip(struct phyr_sink *sink, unsigned long start,
			     size_t len, size_t gathered)
{
	unsigned long head = offset_in_page(start);
	size_t done = min(len, gathered - head);

	sink->free[-1].len -= gathered - head - done;
	sink->phyrs[0].paddr += head;
	sink->phyrs[0].len -= head;
	return done;
}

static int phyr_sink_fill(struct phyr_sink *sink, struct phyr_list *list,
			  unsigned long start, size_t len,
			  unsigned int gup_flags, unsigned int to_set,
			  size_t *done)
{
	unsigned long first = start;
	unsigned long next, end;
	int err;

	*done = 0;
	if (!len)
		return 0;
	err = gup_phyrs_check(&first, len, &end, &gup_flags, to_set);
	if (err)
		return err;

	if (list) {
		err = phyr_sink_grow(sink, list, end - first);
		if (err)
			return err;
	}

	next = first;
	err = phyr_sink_gather(sink, list, &next, end, gup_flags);
	if (next != first)
		*done = phyr_sink_clip(sink, start, len, next - first);
	return err;
}

static int user_phyrs_fast(unsigned long start, size_t len,
			   unsigned int gup_flags, unsigned int to_set,
			   struct phys_vec *phyrs, unsigned int max,
			   size_t *done)
{
	struct phyr_sink sink = {
		.phyrs = phyrs,
		.free = phyrs,
		.limit = phyrs + min_t(unsigned int, max, INT_MAX),
	};
	int err;

	err = phyr_sink_fill(&sink, NULL, start, len, gup_flags, to_set, done);
	return phyr_sink_nr(&sink) ?: err;
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
 * bytes; fewer than @len if @max entries were not enough or an error came
 * after the first page.
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
	return user_phyrs_fast(start, len, gup_flags, FOLL_PIN, phyrs, max,
			       done);
}
EXPORT_SYMBOL_GPL(pin_user_phyrs_fast);

/**
 * get_user_phyrs_fast() - take references on user memory, described as phyrs
 * @start: user address of the first byte, of any alignment
 * @len: number of bytes
 * @gup_flags: FOLL_* flags as for get_user_pages_fast()
 * @phyrs: array to be filled
 * @max: number of entries of @phyrs
 * @done: set to the number of bytes from @start that are described and held
 *
 * As pin_user_phyrs_fast(), with FOLL_GET in place of FOLL_PIN. Not for memory
 * whose contents are going to be accessed; see
 * Documentation/core-api/pin_user_pages.rst. Release with put_user_phyrs().
 *
 * Context: Process context of the owner of the memory; may sleep.
 * Return: The number of entries filled; 0 if @len is 0; -errno if no reference
 * was taken.
 */
int get_user_phyrs_fast(unsigned long start, size_t len, unsigned int gup_flags,
			struct phys_vec *phyrs, unsigned int max, size_t *done)
{
	return user_phyrs_fast(start, len, gup_flags, FOLL_GET, phyrs, max,
			       done);
}
EXPORT_SYMBOL_GPL(get_user_phyrs_fast);

/**
 * phyr_list_free() - free the array of a list and make the list empty
 * @list: the list
 *
 * What the phyrs describe is not touched: release it first.
 *
 * Context: Process context.
 */
void phyr_list_free(struct phyr_list *list)
{
	kvfree(list->phyrs);
	*list = (struct phyr_list){};
}
EXPORT_SYMBOL_GPL(phyr_list_free);

/**
 * phyr_list_add() - append a physical range to a list
 * @list: the list; none of its memory pinned by phyr_list_pin_user()
 * @paddr: physical address of the first byte
 * @len: number of bytes, not 0
 * @gfp: how to allocate if the array must grow
 *
 * A range that begins where the last one ends is merged with it. Whether that
 * is right for the memory (one pgmap, one way of being released) is for the
 * caller to know.
 *
 * Context: Any if the array has room; process context, may sleep, if it must
 * grow.
 * Return: 0; %-EINVAL if @len is 0; %-EOVERFLOW if @paddr + @len or the length
 * of the list would overflow; %-ENOMEM, also if the list would have more than
 * 134,217,727 phyrs. The list is as it was on error.
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

/**
 * phyr_list_pin_user() - pin a whole range of user memory into a list
 * @list: an empty list
 * @start: user address of the first byte, of any alignment
 * @len: number of bytes
 * @gup_flags: FOLL_* flags as for pin_user_pages_fast()
 *
 * The list becomes as large as the range needs, up to 134,217,727 phyrs (2 GiB of
 * them), which is half a TiB of memory if no two pages are contiguous. All or
 * nothing: if any page cannot be pinned, what was is unpinned. Accounting against
 * RLIMIT_MEMLOCK is for the caller, before the call.
 *
 * Context: Process context of the owner of the memory; may sleep.
 * Return: 0; %-EINVAL if @list is not empty, which leaves it alone; %-EINTR or
 * %-EAGAIN on a fatal signal; %-ENOMEM, also if there are too many phyrs; the
 * errors of pin_user_pages_fast().
 * On these @list is empty.
 */
int phyr_list_pin_user(struct phyr_list *list, unsigned long start, size_t len,
		       unsigned int gup_flags)
{
	struct phyr_sink sink = {};
	int err;

	if (list->phyrs)
		return -EINVAL;

	err = phyr_sink_fill(&sink, list, start, len, gup_flags, FOLL_PIN,
			     &list->len);
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
	unsigned int i, nr;

	for (i = 0; i < list->nr; i += nr) {
		nr = min(list->nr - i, PHYR_LIST_RESCHED);
		unpin_user_phyrs_dirty_lock(list->phyrs + i, nr, make_dirty);
		cond_resched();
	}
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
