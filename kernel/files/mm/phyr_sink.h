/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Phyrs while they are gathered: what mm/gup.c, mm/phyr.c and mm/phyr_list.c
 * share
 */
#ifndef _MM_PHYR_SINK_H
#define _MM_PHYR_SINK_H

#include <linux/io.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

/* Leaves per step of the slow walk, after which the fast walk is tried again. */
#define PHYR_SLOW_LEAVES	512

/*
 * While they are gathered, phyrs are whole pages, each of which, but for the zero
 * page, carries one pin. So a walk can be undone without a record of its leaves.
 * Clipping to the caller's bytes is the last step.
 *
 * When a walk begins, @mark is set to @free, and @mark_len to the length of the
 * last phyr, which the walk may extend. Undoing the walk goes back to these.
 */
struct phyr_sink {
	struct phys_vec	*phyrs;
	struct phys_vec	*free;		/* behind the last phyr */
	struct phys_vec	*limit;		/* behind the array */
	struct page	*next;		/* behind the last page, or NULL */
	bool		paused;		/* the fast walk can go on */
	bool		full;		/* an add needed one more entry */
	bool		needs_vma;	/* the fast walk met a read-only leaf */
	struct vm_area_struct *vma;	/* locked: of all of the fast walk */
	struct phys_vec	*mark;
	size_t		mark_len;
};

static inline bool phyr_pages_adjacent(const struct page *next,
				       const struct page *page)
{
	if (page != next)
		return false;
	/* Memmaps of two sections may touch by chance. */
	return !IS_ENABLED(CONFIG_SPARSEMEM) ||
	       IS_ENABLED(CONFIG_SPARSEMEM_VMEMMAP) ||
	       page_to_pfn(page - 1) + 1 == page_to_pfn(page);
}

/*
 * Users look at the first page of a phyr to learn about all of it. So memory of
 * two pgmaps stays apart, and memory that may be pinned for long stays apart
 * from memory that may not. Which of these it is changes only from one pageblock
 * to the next; with FOLL_LONGTERM all pages are of the first kind.
 */
static __always_inline bool phyr_pages_alike(struct page *last,
					     struct page *page,
					     unsigned int gup_flags)
{
	if (!zone_device_pages_have_same_pgmap(last, page))
		return false;
	return (gup_flags & FOLL_LONGTERM) ||
	       !pageblock_aligned(page_to_pfn(page)) ||
	       folio_is_longterm_pinnable(page_folio(last)) ==
	       folio_is_longterm_pinnable(page_folio(page));
}

/*
 * Add pages of one folio, to which the caller holds @nr_pages references.
 * @paddr: of @page; whoever has just read a page-table entry knows it
 */
static __always_inline bool phyr_sink_add(struct phyr_sink *sink,
					  struct page *page, phys_addr_t paddr,
					  unsigned long nr_pages,
					  unsigned int gup_flags)
{
	size_t len = nr_pages << PAGE_SHIFT;

	if (phyr_pages_adjacent(sink->next, page) &&
	    phyr_pages_alike(page - 1, page, gup_flags)) {
		sink->free[-1].len += len;
	} else if (sink->free != sink->limit) {
		*sink->free++ = (struct phys_vec){
			.paddr = paddr,
			.len = len,
		};
	} else {
		sink->full = true;
		return false;
	}
	sink->next = page + nr_pages;
	return true;
}

static inline unsigned int phyr_sink_nr(const struct phyr_sink *sink)
{
	return sink->free - sink->phyrs;
}

static inline void phyr_sink_start_walk(struct phyr_sink *sink)
{
	sink->paused = false;
	sink->full = false;
	sink->needs_vma = false;
	sink->mark = sink->free;
	sink->mark_len = phyr_sink_nr(sink) ? sink->free[-1].len : 0;
}

/*
 * Forget what the last walk has added, of which nothing is pinned any more. The
 * phyr that was the last one when it began may have grown.
 */
static inline void phyr_sink_forget_walk(struct phyr_sink *sink)
{
	sink->free = sink->mark;
	sink->next = NULL;
	if (sink->mark_len) {
		struct phys_vec *last = sink->mark - 1;

		last->len = sink->mark_len;
		sink->next = phys_to_page(last->paddr + last->len - 1) + 1;
	}
	/* Whatever ended the walk did not happen: the slow path is next. */
	sink->paused = false;
	sink->full = false;
	sink->needs_vma = false;
}

/*
 * Cut whole pages, @gathered bytes of them, down to the bytes from @start that
 * the caller asked for; returns how many of those there are.
 */
static inline size_t phyr_sink_clip(struct phyr_sink *sink, unsigned long start,
				    size_t len, size_t gathered)
{
	unsigned long head = offset_in_page(start);
	size_t done = min(len, gathered - head);

	sink->free[-1].len -= gathered - head - done;
	sink->phyrs[0].paddr += head;
	sink->phyrs[0].len -= head;
	return done;
}

/* mm/phyr.c */
int phyr_sink_gather_on(struct phyr_sink *sink, unsigned long *start,
			unsigned long end, unsigned int gup_flags);

/* mm/gup.c */
unsigned long gup_phyrs_fast(unsigned long start, unsigned long end,
			     unsigned int gup_flags, struct phyr_sink *sink);
long gup_phyrs_slow(unsigned long start, unsigned long nr_pages,
		    unsigned int gup_flags, struct phyr_sink *sink);
void phyr_sink_undo_walk(struct phyr_sink *sink);
void unpin_phyrs_resched(const struct phys_vec *phyrs, unsigned int nr,
			 bool make_dirty);

/* The flags of pin_user_pages_fast(). */
#define PHYR_GUP_FLAGS	(FOLL_WRITE | FOLL_LONGTERM | FOLL_FORCE |	\
			 FOLL_NOFAULT | FOLL_PCI_P2PDMA |		\
			 FOLL_HONOR_NUMA_FAULT)

/*
 * What pin_user_pages_fast() asks of its arguments. On success, @start and @end
 * are the page boundaries around the byte range and @gup_flags includes
 * FOLL_PIN. Inlined: the calls would be 9 % of what it takes to pin one page.
 */
static __always_inline int phyr_sink_check(unsigned long *start, size_t len,
					   unsigned long *end,
					   unsigned int *gup_flags)
{
	unsigned long addr = untagged_addr(*start);
	struct mm_struct *mm = current->mm;

	if (WARN_ON_ONCE(*gup_flags & ~PHYR_GUP_FLAGS))
		return -EINVAL;
	/* We want to allow the pgmap to be hot-unplugged at all times */
	if (WARN_ON_ONCE((*gup_flags & FOLL_LONGTERM) &&
			 (*gup_flags & FOLL_PCI_P2PDMA)))
		return -EINVAL;

	if (check_add_overflow(len, offset_in_page(addr), &len) ||
	    len > PAGE_ALIGN_DOWN(SIZE_MAX))
		return -EOVERFLOW;
	*start = addr & PAGE_MASK;
	if (check_add_overflow(*start, PAGE_ALIGN(len), end))
		return -EOVERFLOW;
	if (*end > TASK_SIZE_MAX)
		return -EFAULT;

	if (!mm_flags_test(MMF_HAS_PINNED, mm))
		mm_flags_set(MMF_HAS_PINNED, mm);
	might_lock_read(&mm->mmap_lock);
	*gup_flags |= FOLL_PIN;
	return 0;
}

/*
 * Gather the pages of [@start, @end), at least one, into a sink in which a walk
 * has just begun. @start becomes the end of what was gathered, also on error.
 * -ENOSPC, and @sink->full, if the array of @sink is too small; with a larger
 * one the caller may begin the next walk and go on from there.
 */
static inline int phyr_sink_gather(struct phyr_sink *sink, unsigned long *start,
				   unsigned long end, unsigned int gup_flags)
{
	*start += gup_phyrs_fast(*start, end, gup_flags, sink) << PAGE_SHIFT;
	if (likely(*start == end))
		return 0;
	return phyr_sink_gather_on(sink, start, end, gup_flags);
}

#endif /* _MM_PHYR_SINK_H */
