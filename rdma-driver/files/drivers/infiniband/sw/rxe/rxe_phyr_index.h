/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From an offset into an MR to the memory there
 */
#ifndef RXE_PHYR_INDEX_H
#define RXE_PHYR_INDEX_H

#include <linux/phyr.h>

/*
 * Uniform: all phyrs have one power of two of bytes, except that the first may
 * lack bytes at its beginning and the last at its end. A lookup is a shift
 * then, otherwise a binary search.
 *
 * Lookups change nothing, so any number of QPs look up at once without a lock.
 * The array of phyrs belongs to the umem, or to the fast registration MR, and
 * outlives the index.
 */
struct rxe_phyr_index {
	const struct phys_vec	*phyrs;
	unsigned int		nr;
	bool			uniform;
	u8			shift;	/* uniform: log2 of the size */
	size_t			head;	/* uniform: bytes the first lacks */
	size_t			*ends;	/* otherwise: offsets behind each */
};

int rxe_phyr_index_reserve(struct rxe_phyr_index *index, unsigned int max);
int rxe_phyr_index_build(struct rxe_phyr_index *index,
			 const struct phyr_list *list);
void rxe_phyr_index_free(struct rxe_phyr_index *index);

size_t rxe_phyr_index_search(const struct rxe_phyr_index *index, size_t offset);

/* The contiguous memory from @offset on; its len is 0 if there is none. */
static inline struct phys_vec
rxe_phyr_index_find(const struct rxe_phyr_index *index, size_t offset)
{
	struct phys_vec found = {};
	size_t i, skip = offset;

	if (index->uniform) {
		i = (index->head + offset) >> index->shift;
		if (i)
			skip = (index->head + offset) &
			       ((1UL << index->shift) - 1);
	} else {
		i = rxe_phyr_index_search(index, offset);
		if (i)
			skip = offset - index->ends[i - 1];
	}

	if (likely(i < index->nr && skip < index->phyrs[i].len)) {
		found.paddr = index->phyrs[i].paddr + skip;
		found.len = index->phyrs[i].len - skip;
	}
	return found;
}

#endif /* RXE_PHYR_INDEX_H */
