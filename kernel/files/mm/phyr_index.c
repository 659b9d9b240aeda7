// SPDX-License-Identifier: GPL-2.0-only
/*
 * From an offset into memory described by phyrs to the memory there
 */
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/phyr_index.h>
#include <linux/slab.h>

/* Up to two phyrs are uniform unless they are longer than half a size_t. */
static bool phyr_index_is_uniform(struct phyr_index *index)
{
	const struct phys_vec *phyrs = index->phyrs;
	size_t first, last, size;
	unsigned int i;

	first = phyrs[0].len;
	last = phyrs[index->nr - 1].len;

	if (index->nr <= 2) {
		size = max(first, last);
		/* On 32 bits its power of two may be more than a size_t. */
		if (size > SIZE_MAX / 2 + 1)
			return false;
		size = roundup_pow_of_two(size);
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

/**
 * phyr_index_reserve() - allocate beforehand what building can need
 * @index: an index that was never built, or freed
 * @max: number of phyrs of the longest list to come, not 0
 *
 * For indexes that are built where memory cannot be allocated.
 *
 * Context: Process context; may sleep.
 * Return: 0, after which phyr_index_build() never fails for lists of up to @max
 * phyrs; %-ENOMEM.
 */
int phyr_index_reserve(struct phyr_index *index, unsigned int max)
{
	index->ends = kvmalloc_objs(*index->ends, max,
				    GFP_KERNEL_ACCOUNT | __GFP_NOWARN);

	return index->ends ? 0 : -ENOMEM;
}
EXPORT_SYMBOL_GPL(phyr_index_reserve);

/**
 * phyr_index_build() - index the phyrs of a list
 * @index: all zeroes, reserved, or built before; the latter only from lists that
 *	are no longer than the first
 * @list: the list, which must stay as it is until the index is freed or built
 *	again
 *
 * Takes no memory if the phyrs are uniform, else a size_t for each.
 *
 * Context: Process context, may sleep; any, if reserved.
 * Return: 0; %-ENOMEM, never if reserved; %-EINVAL if another list follows
 * @list: an index is of one array.
 */
int phyr_index_build(struct phyr_index *index, const struct phyr_list *list)
{
	size_t end = 0;
	unsigned int i;
	int err;

	if (list->next)
		return -EINVAL;

	index->phyrs = list->phyrs;
	index->nr = list->nr;
	index->uniform = !list->nr || phyr_index_is_uniform(index);
	if (index->uniform)
		return 0;

	if (!index->ends) {
		err = phyr_index_reserve(index, index->nr);
		if (err)
			return err;
	}
	for (i = 0; i < index->nr; i++) {
		end += index->phyrs[i].len;
		index->ends[i] = end;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(phyr_index_build);

/**
 * phyr_index_free() - free what an index allocated and make it empty
 * @index: the index; may be empty before
 *
 * The list that it was built from is not touched.
 *
 * Context: Process context.
 */
void phyr_index_free(struct phyr_index *index)
{
	kvfree(index->ends);
	*index = (struct phyr_index){};
}
EXPORT_SYMBOL_GPL(phyr_index_free);

/**
 * phyr_index_search() - the number of phyrs that end at or before an offset
 * @index: an index that is not uniform
 * @offset: bytes from the first byte of the first range
 *
 * For phyr_index_find() only.
 *
 * Context: Any.
 * Return: the number.
 */
size_t phyr_index_search(const struct phyr_index *index, size_t offset)
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
EXPORT_SYMBOL_GPL(phyr_index_search);
