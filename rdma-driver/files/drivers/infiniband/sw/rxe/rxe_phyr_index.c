// SPDX-License-Identifier: GPL-2.0-only
/*
 * From an offset into an MR to the memory there
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "rxe_phyr_index.h"

/* Up to two phyrs are uniform whatever their lengths. */
static bool rxe_phyr_index_is_uniform(struct rxe_phyr_index *index)
{
	const struct phys_vec *phyrs = index->phyrs;
	size_t first, last, size;
	unsigned int i;

	first = phyrs[0].len;
	last = phyrs[index->nr - 1].len;

	if (index->nr <= 2) {
		size = roundup_pow_of_two(max(first, last));
	} else {
		size = phyrs[1].len;
		if (!is_power_of_2(size) || max(first, last) > size)
			return false;
		for (i = 2; i < index->nr - 1; i++)
			if (phyrs[i].len != size)
				return false;
	}

	index->shift = ilog2(size);
	index->head = size - first;
	return true;
}

/* Building never fails after this for a list of up to @max phyrs. */
int rxe_phyr_index_reserve(struct rxe_phyr_index *index, unsigned int max)
{
	index->ends = kvmalloc_objs(*index->ends, max,
				    GFP_KERNEL_ACCOUNT | __GFP_NOWARN);

	return index->ends ? 0 : -ENOMEM;
}

/* @list must stay as it is until the index is freed or built again. */
int rxe_phyr_index_build(struct rxe_phyr_index *index,
			 const struct phyr_list *list)
{
	size_t end = 0;
	unsigned int i;
	int err;

	index->phyrs = list->phyrs;
	index->nr = list->nr;
	index->uniform = !list->nr || rxe_phyr_index_is_uniform(index);
	if (index->uniform)
		return 0;

	if (!index->ends) {
		err = rxe_phyr_index_reserve(index, index->nr);
		if (err)
			return err;
	}
	for (i = 0; i < index->nr; i++) {
		end += index->phyrs[i].len;
		index->ends[i] = end;
	}
	return 0;
}

void rxe_phyr_index_free(struct rxe_phyr_index *index)
{
	kvfree(index->ends);
	*index = (struct rxe_phyr_index){};
}

/* The number of phyrs that end at or before @offset. */
size_t rxe_phyr_index_search(const struct rxe_phyr_index *index, size_t offset)
{
	size_t low = 0, high = index->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (index->ends[mid] <= offset)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}
