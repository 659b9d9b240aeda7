/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical ranges (phyrs): memory for I/O as an array of {address, length}
 *
 * See Documentation/core-api/phyr.rst.
 */
#ifndef _LINUX_PHYR_H
#define _LINUX_PHYR_H

#include <linux/mm.h>
#include <linux/types.h>

int pin_user_phyrs_fast(unsigned long start, size_t len, unsigned int gup_flags,
			struct phys_vec *phyrs, unsigned int max, size_t *done);
void unpin_user_phyrs(const struct phys_vec *phyrs, unsigned int nr);
void unpin_user_phyrs_dirty_lock(const struct phys_vec *phyrs, unsigned int nr,
				 bool make_dirty);

/**
 * struct phyr_list - a growing array of phyrs that stand for one byte range
 * @phyrs: the ranges, in the order of the bytes that they stand for
 * @nr: number of entries of @phyrs in use
 * @max: number of entries of @phyrs allocated
 * @len: sum of the lengths in @phyrs, in bytes
 * @next: the list whose bytes follow those of @phyrs, or NULL
 *
 * All zeroes is an empty list. The list owns the array; it owns neither the
 * memory that the array describes nor @next. It has no lock: the owner
 * serialises changes. Users read the members and change them only through the
 * functions below. These change or release a list's own phyrs and, but for
 * phyr_list_prepend(), leave @next alone; cursors go on into the lists that
 * follow.
 */
struct phyr_list {
	struct phys_vec		*phyrs;
	unsigned int		nr;
	unsigned int		max;
	size_t			len;
	const struct phyr_list	*next;
};

/**
 * phyr_list_prepend() - put a list in front of another
 * @front: the list to go first, such as a header; nothing follows it yet
 * @list: the list to follow; must outlive the use of @front
 *
 * Costs the same for any @list, which stays as it is: it can be in use on its
 * own, or have other lists in front of it, at the same time. Each list is still
 * released by its owner in its own way.
 *
 * Context: Any.
 */
static inline void phyr_list_prepend(struct phyr_list *front,
				     const struct phyr_list *list)
{
	front->next = list;
}

int phyr_list_add(struct phyr_list *list, phys_addr_t paddr, size_t len,
		  gfp_t gfp);
int phyr_list_reserve(struct phyr_list *list, unsigned int max, gfp_t gfp);
void phyr_list_clear(struct phyr_list *list);
void phyr_list_free(struct phyr_list *list);

int phyr_list_pin_user(struct phyr_list *list, unsigned long start, size_t len,
		       unsigned int gup_flags);
void phyr_list_unpin_user(struct phyr_list *list, bool make_dirty);

/**
 * struct phyr_iter - a place in a list of phyrs and the bytes that remain
 * @cur: the phyr at the place
 * @end: behind the last phyr of the array that @cur is in
 * @next: the list that follows, or NULL
 * @skip: bytes of @cur before the place; less than the length of @cur
 * @left: bytes from the place to the end; may be made smaller
 *
 * A value: copy it to remember a place. The lists must outlive the iterator
 * and stay as they are; @cur is not valid once @left is 0.
 */
struct phyr_iter {
	const struct phys_vec	*cur;
	const struct phys_vec	*end;
	const struct phyr_list	*next;
	size_t			skip;
	size_t			left;
};

/* From the end of one array to the first phyr behind it; there must be one. */
static inline void phyr_iter_chain(struct phyr_iter *iter)
{
	while (iter->cur == iter->end) {
		iter->cur = iter->next->phyrs;
		iter->end = iter->cur + iter->next->nr;
		iter->next = iter->next->next;
	}
}

/**
 * phyr_iter_start() - a cursor at the first byte of a list
 * @list: the list; other lists may follow it
 *
 * Return: the cursor; its @left is 0 if there are no bytes.
 */
static inline struct phyr_iter phyr_iter_start(const struct phyr_list *list)
{
	struct phyr_iter iter = {
		.cur = list->phyrs,
		.end = list->phyrs + list->nr,
		.next = list->next,
		.left = list->len,
	};

	for (list = list->next; list; list = list->next)
		iter.left += list->len;
	if (iter.left)
		phyr_iter_chain(&iter);
	return iter;
}

/**
 * phyr_iter_range() - the contiguous bytes at a cursor
 * @iter: the cursor; @left must not be 0
 *
 * Return: the range from the cursor to the end of its phyr or of the iteration,
 * whichever comes first. Never empty.
 */
static inline struct phys_vec phyr_iter_range(const struct phyr_iter *iter)
{
	return (struct phys_vec){
		.paddr = iter->cur->paddr + iter->skip,
		.len = min(iter->cur->len - iter->skip, iter->left),
	};
}

void phyr_iter_advance(struct phyr_iter *iter, size_t bytes);

/**
 * phyr_iter_next() - move a cursor to the next phyr
 * @iter: the cursor; @left must not be 0
 *
 * Moves by the length of phyr_iter_range().
 *
 * Context: Any.
 */
static inline void phyr_iter_next(struct phyr_iter *iter)
{
	size_t len = iter->cur->len - iter->skip;

	if (len >= iter->left) {
		iter->left = 0;
		return;
	}
	iter->left -= len;
	iter->skip = 0;
	iter->cur++;
	phyr_iter_chain(iter);
}

#endif /* _LINUX_PHYR_H */
