// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base_page.h"
#include "layout.h"

#define PMD_PAGE (2ul << 20)
#define PUD_PAGE (1ul << 30)

/* Far below the addresses that the kernel chooses for other mappings. */
#define WINDOW ((uintptr_t)1 << 44)
#define WINDOW_LEN (3 * PUD_PAGE)
#define ANCHOR (WINDOW + PUD_PAGE)

static int reserve(uintptr_t addr, size_t len, int flags)
{
	if (mmap((void *)addr, len, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1,
		 0) == MAP_FAILED)
		return -errno;
	return 0;
}

int layout_prepare(void)
{
	int status = reserve(WINDOW, WINDOW_LEN, MAP_FIXED_NOREPLACE);

	if (!status)
		memory_kinds_prepare((void *)ANCHOR);
	return status;
}

static void __attribute__((format(printf, 2, 3)))
tell(struct layout *layout, const char *format, ...)
{
	size_t len = strlen(layout->story);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(layout->story + len, sizeof(layout->story) - len, format,
		  arguments);
	va_end(arguments);
}

static int add(struct layout *layout, const struct memory_kind *kind,
	       size_t granules, size_t file_granule)
{
	struct layout_segment *segment = &layout->segments[layout->nr];
	int status =
		memory_map(kind, (void *)layout->end, granules, file_granule);

	if (status) {
		tell(layout, " %s+%zu: %s", kind->name, granules,
		     strerrorname_np(-status));
		return status;
	}
	segment->kind = kind;
	segment->start = layout->end;
	segment->len = granules * kind->granule;
	layout->end += segment->len;
	layout->nr++;
	tell(layout, " %s*%zu", kind->name, granules);
	return 0;
}

static const struct memory_kind *roll_kind(struct dice *dice)
{
	size_t total = 0, roll;
	size_t i;

	for (i = 0; i < MEMORY_KINDS; i++)
		total += memory_kinds[i].unavailable ? 0
						     : memory_kinds[i].weight;
	roll = dice_roll(dice, total);
	for (i = 0; i < MEMORY_KINDS; i++) {
		size_t weight = memory_kinds[i].unavailable
					? 0
					: memory_kinds[i].weight;

		if (roll < weight)
			break;
		roll -= weight;
	}
	return &memory_kinds[i];
}

/* Memory that a huge page can follow, or a hole, up to @align. */
static int fill_up(struct layout *layout, size_t align, struct dice *dice)
{
	static const char *const names[] = { "base", "zero", "read-only" };
	size_t gap = -layout->end % align;

	if (!gap)
		return 0;
	if (!dice_one_in(dice, 3))
		return add(layout, memory_kind_named(names[dice_roll(dice, 3)]),
			   gap / PAGE, 0);
	munmap((void *)layout->end, gap);
	layout->end += gap;
	tell(layout, " hole*%zu", gap / PAGE);
	return 0;
}

static void touch_some(const struct layout_segment *segment, struct dice *dice)
{
	enum memory_touch most = segment->kind->touch;
	size_t step = segment->kind->granule;

	switch (dice_roll(dice, 3)) {
	case 0:
		memory_touch((void *)segment->start, segment->len, most);
		break;
	case 1:
		for (size_t at = 0; at < segment->len; at += step)
			memory_touch((void *)(segment->start + at), PAGE,
				     dice_roll(dice, most + 1));
		break;
	}
}

static int add_random(struct layout *layout, const struct memory_kind *kind,
		      struct dice *dice)
{
	size_t granules, file_granule = 0;
	int status;

	status = fill_up(layout, kind->granule, dice);
	if (status)
		return status;
	granules = 1 + dice_roll(dice, kind->granule == PAGE ? 48 : 3);
	if (kind->file_granules) {
		if (granules > kind->file_granules)
			granules = kind->file_granules;
		file_granule =
			dice_roll(dice, kind->file_granules - granules + 1);
	}
	status = add(layout, kind, granules, file_granule);
	if (!status)
		touch_some(&layout->segments[layout->nr - 1], dice);
	return status;
}

/* What fails here is refused by the kernel and leaves the layout as it was. */
static void change(struct layout *layout, struct dice *dice)
{
	const struct layout_segment *segment =
		&layout->segments[dice_roll(dice, layout->nr)];
	const struct memory_kind *kind = segment->kind;
	bool whole = strncmp(kind->name, "hugetlb", 7) == 0;
	size_t unit = whole ? kind->granule : PAGE;
	size_t units = segment->len / unit;
	size_t first = dice_roll(dice, units);
	size_t len = (1 + dice_roll(dice, units - first)) * unit;
	void *addr = (void *)(segment->start + first * unit);
	void *elsewhere;

	tell(layout, ", %zu pages at +%#zx ", len / PAGE,
	     (uintptr_t)addr - layout->start);
	switch (dice_roll(dice, 7)) {
	case 0:
		munmap(addr, len);
		tell(layout, "unmapped");
		break;
	case 1:
		mprotect(addr, len, PROT_NONE);
		tell(layout, "made inaccessible");
		break;
	case 2:
		mprotect(addr, len, PROT_READ);
		tell(layout, "made read-only");
		break;
	case 3:
		madvise(addr, len, MADV_DONTNEED);
		tell(layout, "dropped");
		break;
	case 4:
		madvise(addr, len, MADV_POPULATE_WRITE);
		tell(layout, "written");
		break;
	case 5:
		elsewhere =
			(void *)(layout->start +
				 dice_roll(dice, (layout->end - layout->start) /
							 PAGE) *
					 PAGE);
		mremap(addr, len, len, MREMAP_MAYMOVE | MREMAP_FIXED,
		       elsewhere);
		tell(layout, "moved to +%#zx",
		     (uintptr_t)elsewhere - layout->start);
		break;
	case 6:
		mprotect(addr, len, PROT_READ | PROT_EXEC);
		mprotect(addr, len, kind->prot);
		tell(layout, "mapped by base pages");
		break;
	}
}

static void start_at(struct layout *layout, uintptr_t start)
{
	layout->start = start;
	layout->end = start;
	layout->nr = 0;
	layout->story[0] = '\0';
}

int layout_build_random(struct layout *layout, struct dice *dice)
{
	const struct memory_kind *giant = memory_kind_named(
		PAGE == MOST_PAGE ? "hugetlb-512M" : "hugetlb-1G");
	size_t segments = 1 + dice_roll(dice, 6);
	bool with_giant = !giant->unavailable && dice_one_in(dice, 64);
	int status = 0;

	start_at(layout, ANCHOR - dice_roll(dice, 4) * PMD_PAGE -
				 dice_roll(dice, 80) * PAGE);
	while (!status && segments--) {
		if (with_giant && layout->end > ANCHOR - PMD_PAGE &&
		    layout->end <= ANCHOR) {
			with_giant = false;
			status = add_random(layout, giant, dice);
		} else {
			status = add_random(layout, roll_kind(dice), dice);
		}
	}
	if (status)
		return status;
	for (size_t changes = dice_roll(dice, 4); changes; changes--)
		change(layout, dice);
	return 0;
}

int layout_build_parts(struct layout *layout, const struct layout_part *parts,
		       size_t nr, size_t before)
{
	start_at(layout, ANCHOR - before);
	for (size_t i = 0; i < nr; i++) {
		const struct layout_part *part = &parts[i];
		const struct memory_kind *kind = memory_kind_named(part->kind);
		void *addr = (void *)layout->end;
		int status;

		status = add(layout, kind, part->granules, part->file_granule);
		if (status)
			return status;
		memory_touch(addr, part->granules * kind->granule,
			     part->touch < kind->touch ? part->touch
						       : kind->touch);
	}
	return 0;
}

void layout_clear(struct layout *layout)
{
	/* mremap() never moves anything out of the layout. */
	munmap((void *)WINDOW, WINDOW_LEN);
	reserve(WINDOW, WINDOW_LEN, MAP_FIXED_NOREPLACE);
	start_at(layout, ANCHOR);
}

uintptr_t layout_point(const struct layout *layout, struct dice *dice)
{
	const struct layout_segment *segment =
		&layout->segments[dice_roll(dice, layout->nr)];
	uintptr_t near = segment->start;

	switch (dice_roll(dice, 4)) {
	case 0:
		return segment->start + dice_roll(dice, segment->len);
	case 1:
		return segment->start +
		       dice_roll(dice, segment->len / PAGE) * PAGE;
	case 2:
		near += segment->len;
		break;
	}
	if (dice_one_in(dice, 2))
		near += dice_roll(dice, 2 * PAGE) - PAGE;
	return near;
}
