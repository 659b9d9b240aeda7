/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_BACKING_H
#define PHYR_BACKING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <phyr/error.h>

/**
 * enum phyr_backing_kind - the pages that memory is made of
 * @PHYR_BACKING_BASE: base pages, physically scattered: the worst case
 * @PHYR_BACKING_MTHP_64K: 64 KiB folios, each mapped by base page entries, and
 *	physically scattered
 * @PHYR_BACKING_THP_PTE: 2 MiB folios, each mapped by base page entries
 * @PHYR_BACKING_THP: transparent huge pages of 2 MiB
 * @PHYR_BACKING_HUGETLB_2M: hugetlb pages of 2 MiB from the reserved pool
 * @PHYR_BACKING_HUGETLB_1G: hugetlb pages of 1 GiB from the reserved pool
 * @PHYR_BACKING_FRAG_8K: base pages of which two at a time are physical
 *	neighbours: pieces of transparent huge pages in reverse order
 * @PHYR_BACKING_FRAG_16K: the same in pieces of 16 KiB
 * @PHYR_BACKING_FRAG_64K: the same in pieces of 64 KiB
 * @PHYR_BACKING_FRAG_256K: the same in pieces of 256 KiB
 */
enum phyr_backing_kind {
	PHYR_BACKING_BASE,
	PHYR_BACKING_MTHP_64K,
	PHYR_BACKING_THP_PTE,
	PHYR_BACKING_THP,
	PHYR_BACKING_HUGETLB_2M,
	PHYR_BACKING_HUGETLB_1G,
	PHYR_BACKING_FRAG_8K,
	PHYR_BACKING_FRAG_16K,
	PHYR_BACKING_FRAG_64K,
	PHYR_BACKING_FRAG_256K,
	PHYR_BACKING_KINDS,
};

#define PHYR_BACKING_APART_UNKNOWN (-1)

/**
 * struct phyr_backing - faulted-in memory whose page size has been verified
 * @kind: what was asked for, and found in /proc/self/smaps; pieces in
 *	/proc/self/pagemap, if the kernel shows them
 * @read_only: shared memory that may only be read, not private memory that may
 *	be written to
 * @page_size: size in bytes of its pages, folios or pieces
 * @addr: its first byte, aligned to @page_size
 * @len: bytes asked for
 * @mapped: @len rounded up to whole pages (base: to at least 64, which gives
 *	the scattering room; pieces: to whole huge pages); all of it may be
 *	used. The pages before @addr
 *	and after @mapped are PROT_NONE.
 * @allocate_ns: time that mmap() and madvise() took
 * @fault_ns: time that faulting in took
 * @apart_percent: of 100 base pages so many are not followed by the next page
 *	in physical memory; PHYR_BACKING_APART_UNKNOWN if the kernel hides
 *	physical addresses from us, or the pages are not base pages
 */
struct phyr_backing {
	enum phyr_backing_kind kind;
	bool read_only;
	size_t page_size;
	void *addr;
	size_t len;
	size_t mapped;
	uint64_t allocate_ns;
	uint64_t fault_ns;
	int apart_percent;

	/* private: */
	void *reserved;
	size_t reserved_len;
	const atomic_bool *stop;
};

/**
 * phyr_backing_create() - map, fault in and verify memory
 * @kind: its pages
 * @len: bytes, not 0
 * @backing: the memory, all zero
 * @error: filled on failure, or NULL
 *
 * Base pages are faulted in in a random order, because pages that are faulted in
 * one after another are often physical neighbours. If too many of them are
 * neighbours nevertheless, other pages are tried, a few times.
 *
 * Return: 0, -EINVAL for a length of 0, -EOVERFLOW for one that is too large,
 * -ENOMEM if the hugetlb pool or free memory is short, -EOPNOTSUPP if the
 * kernel has no such pages, -EMEDIUMTYPE if it gave others than asked for.
 */
int phyr_backing_create(enum phyr_backing_kind kind, size_t len,
			struct phyr_backing **backing,
			struct phyr_error *error);

/**
 * phyr_backing_create_read_only() - memory that is shared and may only be read
 *
 * Otherwise as phyr_backing_create(). Folios of transparent huge pages cannot be
 * had: -EMEDIUMTYPE; nor can pieces: -EOPNOTSUPP.
 */
int phyr_backing_create_read_only(enum phyr_backing_kind kind, size_t len,
				  struct phyr_backing **backing,
				  struct phyr_error *error);

/**
 * phyr_backing_create_until() - as either, unless it is to stop
 * @read_only: which
 * @stop: set by another thread when the memory is not wanted any more: it is
 *	looked at every 32 MiB, or every page where they are larger; may be NULL
 *
 * Return: also -ECANCELED.
 */
int phyr_backing_create_until(enum phyr_backing_kind kind, size_t len,
			      bool read_only, const atomic_bool *stop,
			      struct phyr_backing **backing,
			      struct phyr_error *error);
void phyr_backing_destroy(struct phyr_backing *backing);

/**
 * phyr_backing_name() - "base", "mthp-64K", "thp-pte", "thp", "hugetlb-2M",
 *	"hugetlb-1G", "frag-8K", "frag-16K", "frag-64K" or "frag-256K"
 */
const char *phyr_backing_name(enum phyr_backing_kind kind);

/**
 * phyr_backing_parse() - the kind of that name
 *
 * Return: 0, or -EINVAL.
 */
int phyr_backing_parse(const char *name, enum phyr_backing_kind *kind);

/**
 * phyr_backing_page_size() - in bytes
 */
size_t phyr_backing_page_size(enum phyr_backing_kind kind);

#endif
