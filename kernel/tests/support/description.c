// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base_page.h"
#include "description.h"

#define PAGEMAP_PRESENT (1ull << 63)
#define PAGEMAP_PFN ((1ull << 55) - 1)

const char *flaw(const char *format, ...)
{
	static char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return text;
}

struct description *description_create(size_t pages)
{
	struct description *description = calloc(1, sizeof(*description));

	if (!description)
		return NULL;
	description->room = pages;
	description->entries = mmap(NULL, pages * sizeof(*description->entries),
				    PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
				    -1, 0);
	if (description->entries == MAP_FAILED) {
		free(description);
		return NULL;
	}
	return description;
}

void description_destroy(struct description *description)
{
	if (!description)
		return;
	munmap(description->entries,
	       description->room * sizeof(*description->entries));
	free(description);
}

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Clips by the range, not by what the call says it has done. */
static void clip_pages(struct description *description)
{
	struct phyr_test_entry *entries = description->entries;
	size_t offset = description->addr % PAGE;
	size_t total = description->nr * PAGE;

	if (!description->nr)
		return;
	entries[description->nr - 1].len -=
		total - min(total, offset + description->len);
	entries[0].paddr += offset;
	entries[0].len -= offset;
}

static void call(int fd, unsigned long command,
		 const struct description_request *request,
		 struct description *description)
{
	struct phyr_test_describe arguments = {
		.addr = request->addr,
		.len = request->len,
		.form = request->form,
		.flags = request->flags,
		.max_entries = request->max_entries ?: description->room,
		.entries = (uintptr_t)description->entries,
	};

	description->addr = request->addr;
	description->len = request->len;
	description->done = 0;
	description->nr = 0;
	description->error = 0;
	if (ioctl(fd, command, &arguments)) {
		description->error = errno;
		return;
	}
	description->done = arguments.done;
	description->nr = arguments.nr_entries;
	if (request->form == PHYR_TEST_PAGES)
		clip_pages(description);
}

void describe(int fd, const struct description_request *request,
	      struct description *description)
{
	call(fd, PHYR_TEST_DESCRIBE, request, description);
}

void describe_and_hold(int fd, const struct description_request *request,
		       struct description *description)
{
	call(fd, PHYR_TEST_HOLD, request, description);
}

void release_held(int fd)
{
	if (ioctl(fd, PHYR_TEST_RELEASE)) {
		perror("Bail out! PHYR_TEST_RELEASE");
		exit(EXIT_FAILURE);
	}
}

const char *description_flaw(const struct description *description)
{
	size_t total = 0;

	if (description->error)
		return NULL;
	if (!description->done || description->done > description->len)
		return flaw("describes %zu bytes of a range of %zu",
			    description->done, description->len);
	for (unsigned int i = 0; i < description->nr; i++) {
		const struct phyr_test_entry *entry = &description->entries[i];
		bool last = i == description->nr - 1;
		size_t offset = i ? 0 : description->addr % PAGE;

		if (!entry->len)
			return flaw("entry %u of %u is empty", i,
				    description->nr);
		if (entry->paddr % PAGE != offset)
			return flaw(
				"entry %u starts at offset %llu of its page, its bytes at %zu",
				i, entry->paddr % PAGE, offset);
		if (!last && (entry->paddr + entry->len) % PAGE)
			return flaw("entry %u of %u ends inside of a page", i,
				    description->nr);
		total += entry->len;
	}
	if (total != description->done)
		return flaw("entries sum up to %zu bytes, done says %zu", total,
			    description->done);
	if (description->done < description->len &&
	    (description->addr + description->done) % PAGE)
		return flaw("stops after %zu bytes, inside of a page",
			    description->done);
	return NULL;
}

/* A place in a description. */
struct cursor {
	const struct phyr_test_entry *entry;
	size_t skip;
};

static uint64_t cursor_paddr(const struct cursor *cursor)
{
	return cursor->entry->paddr + cursor->skip;
}

static size_t cursor_room(const struct cursor *cursor)
{
	return cursor->entry->len - cursor->skip;
}

static void cursor_advance(struct cursor *cursor, size_t bytes)
{
	cursor->skip += bytes;
	if (cursor->skip == cursor->entry->len) {
		cursor->entry++;
		cursor->skip = 0;
	}
}

/* Both describe at least @len bytes. */
static const char *first_difference(const struct description *a,
				    const struct description *b, size_t len)
{
	struct cursor in_a = { .entry = a->entries };
	struct cursor in_b = { .entry = b->entries };

	for (size_t at = 0; at < len;) {
		size_t step = min(min(cursor_room(&in_a), cursor_room(&in_b)),
				  len - at);

		if (cursor_paddr(&in_a) != cursor_paddr(&in_b))
			return flaw(
				"byte %zu is at %#lx in the one, at %#lx in the other",
				at, cursor_paddr(&in_a), cursor_paddr(&in_b));
		cursor_advance(&in_a, step);
		cursor_advance(&in_b, step);
		at += step;
	}
	return NULL;
}

const char *description_difference(const struct description *a,
				   const struct description *b)
{
	if (a->error != b->error)
		return flaw("the one fails with %s, the other with %s",
			    strerrorname_np(a->error),
			    strerrorname_np(b->error));
	if (a->done != b->done)
		return flaw("the one describes %zu bytes, the other %zu",
			    a->done, b->done);
	return first_difference(a, b, a->done);
}

const char *description_prefix_flaw(const struct description *prefix,
				    const struct description *whole)
{
	if (prefix->error)
		return flaw("fails with %s", strerrorname_np(prefix->error));
	if (prefix->done > whole->done)
		return flaw("describes %zu bytes, the whole only %zu",
			    prefix->done, whole->done);
	return first_difference(prefix, whole, prefix->done);
}

/* The page tables, as /proc/self/pagemap shows them, are a third opinion. */
const char *description_pagemap_flaw(const struct description *description)
{
	static uint64_t frames[4096];
	static int fd = -1;
	const size_t pages = sizeof(frames) / sizeof(frames[0]);
	struct cursor cursor = { .entry = description->entries };

	/* A child must not look at its parent. */
	if (fd >= 0)
		close(fd);
	fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return flaw("/proc/self/pagemap: %m");
	for (size_t at = 0, loaded = 0; at < description->done;) {
		uintptr_t addr = description->addr + at;
		size_t step = min(PAGE - addr % PAGE, description->done - at);
		size_t index = addr / PAGE - description->addr / PAGE;
		uint64_t frame;

		if (index == loaded) {
			if (pread(fd, frames, sizeof(frames),
				  addr / PAGE * sizeof(*frames)) <= 0)
				return flaw("reading /proc/self/pagemap: %m");
			loaded += pages;
		}
		frame = frames[index % pages];
		if (!(frame & PAGEMAP_PRESENT))
			return flaw("byte %zu is not mapped in the page tables",
				    at);
		if (cursor_paddr(&cursor) / PAGE != (frame & PAGEMAP_PFN))
			return flaw(
				"byte %zu is at %#lx, in the page tables at frame %#llx",
				at, cursor_paddr(&cursor), frame & PAGEMAP_PFN);
		cursor_advance(&cursor, step);
		at += step;
	}
	return NULL;
}
