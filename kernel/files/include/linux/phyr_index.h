/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From an offset into memory described by phyrs to the memory there
 */
#ifndef _LINUX_PHYR_INDEX_H
#define _LINUX_PHYR_INDEX_H

#include <linux/phyr.h>

/**
 * struct phyr_index - finds the physical range at an offset
 * @phyrs: the ranges; not owned
 * @nr: number of entries of @phyrs
 * @uniform: all ranges have one power of two of bytes, except that the first
 *	may lack bytes at its beginning and the last at its end. A lookup is a
 *	shift then, otherwise a binary search.
 * @shift: if @uniform, log2 of the size
 * @head: if @uniform, bytes that the first range lacks
 * @ends: otherwise, the offset behind each range
 *
 * All zeroes is the index of an empty list. Lookups change nothing, so any
 * number of them may run at once without a lock. The ranges must outlive the
 * index and stay as they are; the owner serialises building and freeing with
 * lookups. A lookup while phyr_index_build() runs, for the same list and if what
 * is needed was reserved, reads only the index and the arrays; what it returns
 * means nothing and must not be used.
 */
struct phyr_index {
	const struct phys_vec	*phyrs;
	unsigned int		nr;
	bool			uniform;
	u8			shift;
	size_t			head;
	size_t			*ends;
};

int phyr_index_reserve(struct phyr_index *index, unsigned int max);
int phyr_index_build(struct phyr_index *index, const struct phyr_list *list);
void phyr_index_free(struct phyr_index *index);

size_t phyr_index_search(const struct phyr_index *index, size_t offset);

/**
 * phyr_index_locate() - the number of the range that holds an offset
 * @index: the index
 * @offset: bytes from the first byte of the first range, less than all ranges
 *	have
 * @skip: set to the bytes of that range before @offset
 *
 * Context: Any.
 * Return: the number, from 0 on. If @offset is behind the last byte: a number
 * that is not less than @index->nr, or the last one and a @skip that is not less
 * than the length of that range.
 */
static inline size_t phyr_index_locate(const struct phyr_index *index,
				       size_t offset, size_t *skip)
{
	size_t i;

	*skip = offset;
	if (index->uniform) {
		i = (index->head + offset) >> index->shift;
		if (i)
			*skip = (index->head + offset) &
				((1UL << index->shift) - 1);
	} else {
		i = phyr_index_search(index, offset);
		if (i)
			*skip = offset - index->ends[i - 1];
	}
	return i;
}

/**
 * phyr_index_find() - the contiguous memory at an offset
 * @index: the index
 * @offset: bytes from the first byte of the first range; any value
 *
 * Context: Any.
 * Return: the range from @offset to the end of its phyr; its len is 0 if
 * @offset is behind the last byte.
 */
static inline struct phys_vec phyr_index_find(const struct phyr_index *index,
					      size_t offset)
{
	struct phys_vec found = {};
	size_t skip, i = phyr_index_locate(index, offset, &skip);

	if (likely(i < index->nr && skip < index->phyrs[i].len)) {
		found.paddr = index->phyrs[i].paddr + skip;
		found.len = index->phyrs[i].len - skip;
	}
	return found;
}

#endif /* _LINUX_PHYR_INDEX_H */
