/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MEMORY_H
#define MEMORY_H

#include <string>

#include "libphyr.h"

/**
 * struct layout - memory that benchmarks work on
 * @kind: its pages
 * @size: bytes
 */
struct layout {
	phyr_backing_kind kind;
	size_t size;
};

/**
 * layout_name() - like "hugetlb-1G/1GiB"
 */
std::string layout_name(const layout &layout);

/**
 * memory_get() - faulted-in memory, the same one for the same arguments
 * @layout: what it is to be
 * @which: which of several like it
 * @error: filled on failure
 *
 * Any thread may call it. Asking for another layout gives the memory of all
 * other layouts back, so it must not be in use then.
 *
 * Return: NULL on failure.
 */
const phyr_backing *memory_get(const layout &layout, int which,
			       phyr_error *error);

#endif
