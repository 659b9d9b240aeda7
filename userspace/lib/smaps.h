/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SMAPS_H
#define SMAPS_H

#include <stddef.h>

/**
 * struct smaps_area - what the kernel says about one mapping of this process
 * @start: first byte
 * @len: bytes
 * @page_size: the mapping's own page size, in bytes
 * @resident: bytes present, hugetlb not counted
 * @huge: bytes of @resident in transparent huge pages
 * @hugetlb: bytes present in private hugetlb pages
 */
struct smaps_area {
	const void *start;
	size_t len;
	size_t page_size;
	size_t resident;
	size_t huge;
	size_t hugetlb;
};

/**
 * smaps_find() - read the mapping that starts at an address
 *
 * Return: 0, -ENOENT if none does, or the negative errno of opening
 * /proc/self/smaps.
 */
int smaps_find(const void *start, struct smaps_area *area);

#endif
