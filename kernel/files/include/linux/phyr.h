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
int get_user_phyrs_fast(unsigned long start, size_t len, unsigned int gup_flags,
			struct phys_vec *phyrs, unsigned int max, size_t *done);
void unpin_user_phyrs(const struct phys_vec *phyrs, unsigned int nr);
void unpin_user_phyrs_dirty_lock(const struct phys_vec *phyrs, unsigned int nr,
				 bool make_dirty);
void put_user_phyrs(const struct phys_vec *phyrs, unsigned int nr);

/**
 * struct phyr_list - a growing array of phyrs that stand for one byte range
 * @phyrs: the ranges, in the order of the bytes that they stand for
 * @nr: number of entries of @phyrs in use
 * @max: number of entries of @phyrs allocated
 * @len: sum of the lengths in @phyrs, in bytes
 *
 * All zeroes is an empty list. The list owns the array, never the memory that
 * the array describes. It has no lock: the owner serialises changes.
 */
struct phyr_list {
	struct phys_vec	*phyrs;
	unsigned int	nr;
	unsigned int	max;
	size_t		len;
};

int phyr_list_add(struct phyr_list *list, phys_addr_t paddr, size_t len,
		  gfp_t gfp);
void phyr_list_free(struct phyr_list *list);

int phyr_list_pin_user(struct phyr_list *list, unsigned long start, size_t len,
		       unsigned int gup_flags);
void phyr_list_unpin_user(struct phyr_list *list, bool make_dirty);

/**
 * struct phyr_iter - a place in an array of phyrs and the bytes that remain
 * @cur: the phyr at the place
 * @skip: bytes of @cur before the place; less than the length of @cur
 * @left: bytes from the place to the end
 *
 * A value: copy it to remember a place. The array must outlive the iterator
 * and stay as it is; @cur is not valid once @left is 0.
 */
struct phyr_iter {
	const struct phys_vec	*cur;
	size_t			skip;
	size_t			left;
};

/**
 * phyr_iter_start() - a cursor at the first byte of a list
 * @list: the list
 *
 * Return: the cursor; its @left is 0 if the list is empty.
 */
static inline struct phyr_iter phyr_iter_start(const struct phyr_list *list)
{
	return (struct phyr_iter){ .cur = list->phyrs, .left = list->len };
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

#endif /* _LINUX_PHYR_H */
