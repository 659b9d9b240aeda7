// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory in pieces of a given length: transparent huge pages are cut, and the
 * pieces put in reverse order, so that no two of them are physical neighbours.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <phyr/clock.h>

#include "backing_pieces.h"
#include "pagemap.h"

static int move_pieces(char *from, char *to, size_t len, size_t piece)
{
	for (size_t at = 0; at < len; at += piece) {
		if (mremap(from + at, piece, piece,
			   MREMAP_MAYMOVE | MREMAP_FIXED,
			   to + len - piece - at) == MAP_FAILED)
			return -errno;
	}
	return 0;
}

int backing_pieces_fill(struct phyr_backing *b, struct phyr_error *error)
{
	struct phyr_backing *whole;
	uint64_t start;
	int ret;

	if (b->page_size < 2 * (size_t)sysconf(_SC_PAGESIZE))
		return phyr_error_set(
			error, -EOPNOTSUPP,
			"%s: this kernel has base pages of %ld bytes",
			phyr_backing_name(b->kind), sysconf(_SC_PAGESIZE));
	ret = phyr_backing_create_until(PHYR_BACKING_THP, b->mapped, false,
					b->stop, &whole, error);
	if (ret)
		return ret;
	start = phyr_clock_ns();
	ret = move_pieces(whole->addr, b->addr, b->mapped, b->page_size);
	b->allocate_ns += whole->allocate_ns + phyr_clock_ns() - start;
	b->fault_ns = whole->fault_ns;
	phyr_backing_destroy(whole);
	if (ret)
		return phyr_error_set(
			error, ret,
			"%s: mremap of %zu bytes in pieces (each takes a mapping: vm.max_map_count): %s",
			phyr_backing_name(b->kind), b->mapped, strerror(-ret));
	return 0;
}

int backing_pieces_verify(const struct phyr_backing *b,
			  struct phyr_error *error)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t pieces = b->mapped / b->page_size, apart, inside = 0;
	char *addr = b->addr;

	if (pagemap_apart(addr, b->mapped / page, &apart))
		return 0;
	for (size_t i = 0; i < pieces; i++) {
		size_t cuts;

		if (pagemap_apart(addr + i * b->page_size, b->page_size / page,
				  &cuts))
			return 0;
		inside += cuts;
	}
	if (!inside && apart == pieces - 1)
		return 0;
	return phyr_error_set(
		error, -EMEDIUMTYPE,
		"%s: %zu pages do not follow the one before physically where %zu pieces begin, %zu of them within pieces",
		phyr_backing_name(b->kind), apart, pieces, inside);
}
