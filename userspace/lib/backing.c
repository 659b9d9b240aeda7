// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes memory of a certain kind of page, and verifies that it is.
 *
 * A backing lies in the middle of a PROT_NONE reservation. Thus its mapping
 * can be aligned, overruns fault, and smaps shows it by itself: the kernel would
 * merge it with neighbours of the same kind.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/mman.h>

#include <phyr/backing.h>
#include <phyr/clock.h>
#include <phyr/size.h>

#include "backing_pieces.h"
#include "pagemap.h"
#include "smaps.h"

#define THP_SIZE (2 * PHYR_MIB)
#define BASE_MIN_PAGES 64
#define BASE_MIN_APART_PERCENT 90
#define BASE_TRIES 8
#define STEP_BYTES (32 * PHYR_MIB)
#define STEP_PAGES 1024

static const struct kind {
	const char *name;
	size_t page_size; /* 0: the base page size */
	int map_flags;
	int advice; /* 0: none */
	bool pieces; /* of huge pages */
} kinds[PHYR_BACKING_KINDS] = {
	[PHYR_BACKING_BASE] = { "base", 0, 0, MADV_NOHUGEPAGE, false },
	[PHYR_BACKING_MTHP_64K] = { "mthp-64K", 64 * PHYR_KIB, 0,
				    MADV_NOHUGEPAGE, false },
	[PHYR_BACKING_THP_PTE] = { "thp-pte", THP_SIZE, 0, MADV_HUGEPAGE,
				   false },
	[PHYR_BACKING_THP] = { "thp", THP_SIZE, 0, MADV_HUGEPAGE, false },
	[PHYR_BACKING_HUGETLB_2M] = { "hugetlb-2M", 2 * PHYR_MIB,
				      MAP_HUGETLB | MAP_HUGE_2MB, 0, false },
	[PHYR_BACKING_HUGETLB_1G] = { "hugetlb-1G", PHYR_GIB,
				      MAP_HUGETLB | MAP_HUGE_1GB, 0, false },
	[PHYR_BACKING_FRAG_8K] = { "frag-8K", 8 * PHYR_KIB, 0, 0, true },
	[PHYR_BACKING_FRAG_16K] = { "frag-16K", 16 * PHYR_KIB, 0, 0, true },
	[PHYR_BACKING_FRAG_64K] = { "frag-64K", 64 * PHYR_KIB, 0, 0, true },
	[PHYR_BACKING_FRAG_256K] = { "frag-256K", 256 * PHYR_KIB, 0, 0, true },
};

static size_t base_page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

const char *phyr_backing_name(enum phyr_backing_kind kind)
{
	return kinds[kind].name;
}

size_t phyr_backing_page_size(enum phyr_backing_kind kind)
{
	return kinds[kind].page_size ? kinds[kind].page_size : base_page_size();
}

int phyr_backing_parse(const char *name, enum phyr_backing_kind *kind)
{
	for (size_t i = 0; i < PHYR_BACKING_KINDS; i++) {
		if (!strcmp(name, kinds[i].name)) {
			*kind = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int pool_read(size_t page_size, const char *file, size_t *value)
{
	char path[128];
	FILE *stream;
	int got;

	snprintf(path, sizeof(path),
		 "/sys/kernel/mm/hugepages/hugepages-%zukB/%s",
		 page_size / PHYR_KIB, file);
	stream = fopen(path, "re");
	if (!stream)
		return -errno;
	got = fscanf(stream, "%zu", value);
	fclose(stream);
	return got == 1 ? 0 : -EIO;
}

static int hugetlb_error(const struct phyr_backing *b, int err,
			 struct phyr_error *error)
{
	size_t need = b->mapped / b->page_size, total, idle, promised;
	const char *name = phyr_backing_name(b->kind);

	if (pool_read(b->page_size, "nr_hugepages", &total) ||
	    pool_read(b->page_size, "free_hugepages", &idle) ||
	    pool_read(b->page_size, "resv_hugepages", &promised))
		return phyr_error_set(
			error, -EOPNOTSUPP,
			"%s: this kernel or CPU has no hugetlb pages of %zu KiB (CONFIG_HUGETLBFS; 1 GiB pages also need the CPU flag pdpe1gb)",
			name, b->page_size / PHYR_KIB);
	idle -= promised;
	if (err != ENOMEM || idle >= need)
		return phyr_error_set(error, -err, "%s: mmap of %zu bytes: %s",
				      name, b->mapped, strerror(err));
	return phyr_error_set(
		error, -ENOMEM,
		"%s: %zu pages needed, %zu of %zu free; reserve more with: echo %zu > /sys/kernel/mm/hugepages/hugepages-%zukB/nr_hugepages",
		name, need, idle, total, total + need - idle,
		b->page_size / PHYR_KIB);
}

static int check_available(const struct phyr_backing *b,
			   struct phyr_error *error)
{
	FILE *file = fopen("/proc/meminfo", "re");
	size_t available = SIZE_MAX;
	char line[128];

	if (!file)
		return phyr_error_set(error, -errno, "/proc/meminfo: %s",
				      strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "MemAvailable: %zu", &available) == 1)
			available *= PHYR_KIB;
	}
	fclose(file);
	if (b->mapped > available)
		return phyr_error_set(
			error, -ENOMEM,
			"%s: %zu MiB needed, %zu MiB of memory available (MemAvailable)",
			phyr_backing_name(b->kind), b->mapped / PHYR_MIB,
			available / PHYR_MIB);
	return 0;
}

static int size_up(struct phyr_backing *b, struct phyr_error *error)
{
	size_t page = kinds[b->kind].pieces ? THP_SIZE : b->page_size;
	size_t room = page + 2 * base_page_size();

	if (!b->len)
		return phyr_error_set(error, -EINVAL, "%s: length is 0",
				      phyr_backing_name(b->kind));
	if (b->len > SIZE_MAX - room - page)
		return phyr_error_set(error, -EOVERFLOW,
				      "%s: %zu bytes exceed the address space",
				      phyr_backing_name(b->kind), b->len);
	b->mapped = (b->len + page - 1) / page * page;
	if (b->kind == PHYR_BACKING_BASE && b->mapped < BASE_MIN_PAGES * page)
		b->mapped = BASE_MIN_PAGES * page;
	b->reserved_len = b->mapped + room;
	return 0;
}

static int map(struct phyr_backing *b, struct phyr_error *error)
{
	const struct kind *kind = &kinds[b->kind];
	int share = b->read_only ? MAP_SHARED : MAP_PRIVATE;
	uint64_t start;
	uintptr_t addr;

	b->reserved = mmap(NULL, b->reserved_len, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (b->reserved == MAP_FAILED) {
		b->reserved = NULL;
		return phyr_error_set(error, -errno,
				      "%s: mmap of %zu bytes: %s", kind->name,
				      b->reserved_len, strerror(errno));
	}
	addr = (uintptr_t)b->reserved + base_page_size() + b->page_size - 1;
	b->addr = (void *)(addr / b->page_size * b->page_size);

	start = phyr_clock_ns();
	if (mmap(b->addr, b->mapped, PROT_READ | PROT_WRITE,
		 share | MAP_ANONYMOUS | MAP_FIXED | kind->map_flags, -1,
		 0) == MAP_FAILED) {
		if (kind->map_flags)
			return hugetlb_error(b, errno, error);
		return phyr_error_set(error, -errno,
				      "%s: mmap of %zu bytes: %s", kind->name,
				      b->mapped, strerror(errno));
	}
	/* Fails only on a kernel without THP, where "base" needs no advice. */
	if (kind->advice && madvise(b->addr, b->mapped, kind->advice) &&
	    b->kind != PHYR_BACKING_BASE)
		return phyr_error_set(
			error, -EOPNOTSUPP,
			"%s: this kernel has no transparent huge pages (CONFIG_TRANSPARENT_HUGEPAGE)",
			kind->name);
	b->allocate_ns = phyr_clock_ns() - start;
	return 0;
}

/* Only a mapping as large as the folio gets no larger one. */
static void fault_in_page(struct phyr_backing *b, size_t page)
{
	char *addr = (char *)b->addr + page * b->page_size;

	if (b->kind == PHYR_BACKING_MTHP_64K)
		madvise(addr, b->page_size, MADV_HUGEPAGE);
	*(volatile char *)addr = 0;
	if (b->kind == PHYR_BACKING_MTHP_64K)
		madvise(addr, b->page_size, MADV_NOHUGEPAGE);
}

static bool is_stopped(const struct phyr_backing *b)
{
	return b->stop && atomic_load_explicit(b->stop, memory_order_relaxed);
}

/*
 * x -> a*x + c modulo a power of two passes through every value if c is odd
 * and a - 1 a multiple of 4. As c is 3 modulo 4, x is never followed by x + 1.
 */
static void fault_in_scattered(struct phyr_backing *b)
{
	size_t pages = b->mapped / b->page_size, modulus = BASE_MIN_PAGES;
	size_t page = 0;

	while (modulus < pages)
		modulus *= 2;
	for (size_t i = 0; i < modulus; i++) {
		if (!(i % STEP_PAGES) && is_stopped(b))
			return;
		if (page < pages)
			fault_in_page(b, page);
		page = (page * 1664525 + 1013904223) & (modulus - 1);
	}
}

static int populate(struct phyr_backing *b, struct phyr_error *error)
{
	size_t step = b->page_size > STEP_BYTES ? b->page_size : STEP_BYTES;

	for (size_t at = 0; at < b->mapped && !is_stopped(b); at += step) {
		size_t left = b->mapped - at;

		if (madvise((char *)b->addr + at, left < step ? left : step,
			    MADV_POPULATE_WRITE))
			return phyr_error_set(
				error, -errno,
				"%s: madvise(MADV_POPULATE_WRITE, Linux 5.14 or newer) of %zu bytes: %s",
				phyr_backing_name(b->kind), b->mapped,
				strerror(errno));
	}
	return 0;
}

/* A protection of its own for one page takes the huge entry apart. */
static void map_by_base_pages(struct phyr_backing *b)
{
	for (size_t at = 0; at < b->mapped && !is_stopped(b);
	     at += b->page_size) {
		char *addr = (char *)b->addr + at;

		mprotect(addr, base_page_size(), PROT_READ);
		mprotect(addr, base_page_size(), PROT_READ | PROT_WRITE);
		*(volatile char *)addr = 0;
	}
	/* Nobody is to put it together again. */
	madvise(b->addr, b->mapped, MADV_NOHUGEPAGE);
}

static int fault_in(struct phyr_backing *b, struct phyr_error *error)
{
	uint64_t start = phyr_clock_ns();
	int ret = 0;

	if (kinds[b->kind].pieces && b->read_only)
		return phyr_error_set(
			error, -EOPNOTSUPP,
			"%s: is private memory, which can be written to; -ro workloads take base or hugetlb",
			phyr_backing_name(b->kind));
	if (kinds[b->kind].pieces)
		return backing_pieces_fill(b, error);
	if (b->kind == PHYR_BACKING_BASE || b->kind == PHYR_BACKING_MTHP_64K)
		fault_in_scattered(b);
	else
		ret = populate(b, error);
	if (ret)
		return ret;
	if (b->kind == PHYR_BACKING_THP_PTE)
		map_by_base_pages(b);
	if (b->read_only && mprotect(b->addr, b->mapped, PROT_READ))
		return phyr_error_set(error, -errno, "%s: mprotect: %s",
				      phyr_backing_name(b->kind),
				      strerror(errno));
	b->fault_ns = phyr_clock_ns() - start;
	return is_stopped(b) ? phyr_error_set(error, -ECANCELED, "stopped") : 0;
}

static bool is_apart(const struct phyr_backing *b)
{
	return b->apart_percent == PHYR_BACKING_APART_UNKNOWN ||
	       b->apart_percent >= BASE_MIN_APART_PERCENT;
}

static int verify_apart(struct phyr_backing *b, struct phyr_error *error)
{
	size_t pages = b->mapped / b->page_size, apart;

	if (pagemap_apart(b->addr, pages, &apart))
		return 0;
	b->apart_percent = (int)(apart * 100 / (pages - 1));
	if (is_apart(b))
		return 0;
	return phyr_error_set(
		error, -EMEDIUMTYPE,
		"base: only %d %% of neighbouring pages are physically apart, at least %d %% are needed; the last of %d tries",
		b->apart_percent, BASE_MIN_APART_PERCENT, BASE_TRIES);
}

static const char *hint(const struct phyr_backing *b)
{
	switch (b->kind) {
	case PHYR_BACKING_MTHP_64K:
		return "; memory may be fragmented, or /sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled says never";
	case PHYR_BACKING_THP_PTE:
	case PHYR_BACKING_THP:
		return "; memory may be fragmented, or /sys/kernel/mm/transparent_hugepage/enabled says never";
	default:
		return "";
	}
}

static int verify_folios(struct phyr_backing *b, struct phyr_error *error)
{
	size_t base = base_page_size(), whole;

	if (pagemap_whole_folios(b->addr, b->mapped / b->page_size,
				 b->page_size / base, &whole) ||
	    whole == b->mapped / b->page_size)
		return 0;
	return phyr_error_set(error, -EMEDIUMTYPE,
			      "%s: %zu of %zu folios are of this size%s",
			      phyr_backing_name(b->kind), whole,
			      b->mapped / b->page_size, hint(b));
}

static int verify(struct phyr_backing *b, struct phyr_error *error)
{
	const char *name = phyr_backing_name(b->kind);
	struct smaps_area area;
	size_t good;
	int ret;

	if (kinds[b->kind].pieces)
		return backing_pieces_verify(b, error);
	ret = smaps_find(b->addr, &area);
	if (ret)
		return phyr_error_set(
			error, ret,
			"%s: the page size cannot be verified in /proc/self/smaps (CONFIG_PROC_PAGE_MONITOR): %s",
			name, strerror(-ret));

	switch (b->kind) {
	case PHYR_BACKING_BASE:
	case PHYR_BACKING_MTHP_64K:
	case PHYR_BACKING_THP_PTE:
		good = area.huge ? 0 : area.resident;
		break;
	case PHYR_BACKING_THP:
		good = area.huge;
		break;
	default:
		good = area.page_size == b->page_size ? area.hugetlb : 0;
	}
	if (area.len != b->mapped || good != b->mapped)
		return phyr_error_set(error, -EMEDIUMTYPE,
				      "%s: %zu of %zu KiB are in such pages%s",
				      name, good / PHYR_KIB,
				      b->mapped / PHYR_KIB, hint(b));
	switch (b->kind) {
	case PHYR_BACKING_BASE:
		return verify_apart(b, error);
	case PHYR_BACKING_MTHP_64K:
	case PHYR_BACKING_THP_PTE:
		return verify_folios(b, error);
	default:
		return 0;
	}
}

static int fill(struct phyr_backing *b, struct phyr_error *error)
{
	int ret = size_up(b, error);

	if (!ret && !kinds[b->kind].map_flags)
		ret = check_available(b, error);
	if (!ret)
		ret = map(b, error);
	if (!ret)
		ret = fault_in(b, error);
	return ret ? ret : verify(b, error);
}

/*
 * Pages that were freed in some order may be handed out as neighbours again,
 * whatever the order in which they are faulted in. Each try keeps its area until
 * the last is done, so that the next gets other pages.
 */
int phyr_backing_create_until(enum phyr_backing_kind kind, size_t len,
			      bool read_only, const atomic_bool *stop,
			      struct phyr_backing **backing,
			      struct phyr_error *error)
{
	struct phyr_backing *tries[BASE_TRIES], *b;
	int n = 0, ret;

	do {
		b = calloc(1, sizeof(*b));
		if (!b) {
			ret = phyr_error_set(error, -ENOMEM, "out of memory");
			break;
		}
		b->kind = kind;
		b->read_only = read_only;
		b->page_size = phyr_backing_page_size(kind);
		b->len = len;
		b->apart_percent = PHYR_BACKING_APART_UNKNOWN;
		b->stop = stop;
		tries[n++] = b;
		ret = fill(b, error);
	} while (!is_apart(b) && n < BASE_TRIES);

	if (!ret) {
		*backing = tries[--n];
		(*backing)->stop = NULL;
	}
	while (n)
		phyr_backing_destroy(tries[--n]);
	return ret;
}

int phyr_backing_create(enum phyr_backing_kind kind, size_t len,
			struct phyr_backing **backing, struct phyr_error *error)
{
	return phyr_backing_create_until(kind, len, false, NULL, backing,
					 error);
}

int phyr_backing_create_read_only(enum phyr_backing_kind kind, size_t len,
				  struct phyr_backing **backing,
				  struct phyr_error *error)
{
	return phyr_backing_create_until(kind, len, true, NULL, backing, error);
}

void phyr_backing_destroy(struct phyr_backing *backing)
{
	if (!backing)
		return;
	if (backing->reserved)
		munmap(backing->reserved, backing->reserved_len);
	free(backing);
}
