/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGEMAP_H
#define PAGEMAP_H

#include <stddef.h>

/**
 * pagemap_apart() - count pages that the next page does not follow physically
 * @addr: start of a page
 * @pages: number of pages, at least 2
 * @apart: how many there are among the first @pages - 1
 *
 * Return: 0, -EPERM if the kernel hides physical addresses from us (they need
 * CAP_SYS_ADMIN), -ENODATA if a page is not present, else -errno.
 */
int pagemap_apart(const void *addr, size_t pages, size_t *apart);

/**
 * pagemap_whole_folios() - count stretches of memory that are one folio
 * @addr: start of the first
 * @folios: number of stretches
 * @pages: base pages of each, at least 2
 * @whole: how many are a folio of just that size
 *
 * Return: as pagemap_apart(); also an error of /proc/kpageflags.
 */
int pagemap_whole_folios(const void *addr, size_t folios, size_t pages,
			 size_t *whole);

#endif
