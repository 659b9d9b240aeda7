// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base_page.h"
#include "memory_kind.h"

/* Named by what they are where base pages have 4 KiB. */
#define PMD_PAGE (2ul << 20)
#define PUD_PAGE (1ul << 30)
#define BASE 0 /* PAGE, once they are prepared */
#define FOLIO (64ul << 10)
#define SMALL_FILE 1024 /* pages */

#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)
#define READ_WRITE (PROT_READ | PROT_WRITE)

static int size_file(int fd, const struct memory_kind *kind)
{
	if (fd < 0)
		return -errno;
	if (!ftruncate(fd, kind->file_granules * kind->granule))
		return fd;
	close(fd);
	return -errno;
}

static int open_memfd(const struct memory_kind *kind)
{
	return size_file(memfd_create(kind->name, MFD_CLOEXEC), kind);
}

static int open_hugetlb(const struct memory_kind *kind)
{
	unsigned int size = __builtin_ctzl(kind->granule) << MFD_HUGE_SHIFT;

	return size_file(memfd_create(kind->name,
				      MFD_CLOEXEC | MFD_HUGETLB | size),
			 kind);
}

static int open_secretmem(const struct memory_kind *kind)
{
	return size_file(syscall(SYS_memfd_secret, O_CLOEXEC), kind);
}

/* The mount lives as long as the file that is open on it. */
static int open_on(const char *filesystem, const char *options,
		   const struct memory_kind *kind)
{
	char where[] = "/tmp/phyr_XXXXXX";
	int root, fd = -1, status;

	if (!mkdtemp(where))
		return -errno;
	if (mount("none", where, filesystem, 0, options)) {
		status = -errno;
		rmdir(where);
		return status;
	}
	root = open(where, O_DIRECTORY | O_CLOEXEC);
	if (root >= 0)
		fd = openat(root, "file", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	status = size_file(fd, kind);
	close(root);
	umount2(where, MNT_DETACH);
	rmdir(where);
	return status;
}

static int open_tmpfs(const struct memory_kind *kind)
{
	return open_on("tmpfs", NULL, kind);
}

static int open_tmpfs_huge(const struct memory_kind *kind)
{
	return open_on("tmpfs", "huge=always", kind);
}

static int open_ramfs(const struct memory_kind *kind)
{
	return open_on("ramfs", NULL, kind);
}

/* A memory BAR: mapped as page frames without a struct page. */
static int open_pci_memory(const struct memory_kind *kind)
{
	size_t len = kind->file_granules * kind->granule;
	glob_t found;
	int fd = -ENODEV;

	if (glob("/sys/bus/pci/devices/*/resource[0-5]", 0, NULL, &found))
		return fd;
	for (size_t i = 0; i < found.gl_pathc && fd < 0; i++) {
		void *try;

		fd = open(found.gl_pathv[i], O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		try = mmap(NULL, len, kind->prot, kind->flags, fd, 0);
		if (try != MAP_FAILED) {
			munmap(try, len);
			break;
		}
		close(fd);
		fd = -ENODEV;
	}
	globfree(&found);
	return fd < 0 ? -ENODEV : fd;
}

struct memory_kind memory_kinds[] = {
	{ .name = "base",
	  .granule = BASE,
	  .prot = READ_WRITE,
	  .flags = ANONYMOUS,
	  .advice = MADV_NOHUGEPAGE,
	  .touch = TOUCH_WRITE,
	  .weight = 8 },
	/* Folios that page tables map by base pages, if the kernel has them. */
	{ .name = "mthp-64K",
	  .granule = FOLIO,
	  .prot = READ_WRITE,
	  .flags = ANONYMOUS,
	  .advice = MADV_HUGEPAGE,
	  .touch = TOUCH_WRITE,
	  .weight = 5 },
	{ .name = "thp",
	  .granule = PMD_PAGE,
	  .prot = READ_WRITE,
	  .flags = ANONYMOUS,
	  .advice = MADV_HUGEPAGE,
	  .touch = TOUCH_WRITE,
	  .weight = 5 },
	{ .name = "hugetlb-2M",
	  .granule = PMD_PAGE,
	  .prot = READ_WRITE,
	  .flags = MAP_SHARED,
	  .touch = TOUCH_WRITE,
	  .open = open_hugetlb,
	  .file_granules = 8,
	  .weight = 3 },
	{ .name = "hugetlb-2M-readonly",
	  .granule = PMD_PAGE,
	  .prot = PROT_READ,
	  .flags = MAP_SHARED,
	  .touch = TOUCH_READ,
	  .open = open_hugetlb,
	  .file_granules = 4,
	  .weight = 1 },
	{ .name = "hugetlb-2M-private",
	  .granule = PMD_PAGE,
	  .prot = READ_WRITE,
	  .flags = MAP_PRIVATE,
	  .touch = TOUCH_WRITE,
	  .open = open_hugetlb,
	  .file_granules = 4,
	  .weight = 1 },
	{ .name = "hugetlb-1G",
	  .granule = PUD_PAGE,
	  .prot = READ_WRITE,
	  .flags = MAP_SHARED,
	  .touch = TOUCH_WRITE,
	  .open = open_hugetlb,
	  .file_granules = 1 },
	/* One page table entry, where base pages have 64 KiB. */
	{ .name = "hugetlb-512M",
	  .granule = PUD_PAGE / 2,
	  .prot = READ_WRITE,
	  .flags = MAP_SHARED,
	  .touch = TOUCH_WRITE,
	  .open = open_hugetlb,
	  .file_granules = 1 },
	{ .name = "zero",
	  .granule = BASE,
	  .prot = READ_WRITE,
	  .flags = ANONYMOUS,
	  .advice = MADV_NOHUGEPAGE,
	  .touch = TOUCH_READ,
	  .weight = 3 },
	{ .name = "huge-zero",
	  .granule = PMD_PAGE,
	  .prot = READ_WRITE,
	  .flags = ANONYMOUS,
	  .advice = MADV_HUGEPAGE,
	  .touch = TOUCH_READ,
	  .weight = 1 },
	{ .name = "shmem",
	  .granule = BASE,
	  .prot = READ_WRITE,
	  .flags = MAP_SHARED | MAP_ANONYMOUS,
	  .touch = TOUCH_WRITE,
	  .weight = 2 },
	{ .name = "memfd",
	  .granule = BASE,
	  .prot = READ_WRITE,
	  .flags = MAP_SHARED,
	  .touch = TOUCH_WRITE,
	  .open = open_memfd,
	  .file_granules = SMALL_FILE,
	  .weight = 3 },
	{ .name = "tmpfs",
	  .granule = BASE,
	  .prot = READ_WRITE,
	  .flags = MAP_SHARED,
	  .touch = TOUCH_WRITE,
	  .open = open_tmpfs,
	  .file_granules = SMALL_FILE,
	  .weight = 2 },
	{ .name = "tmpfs-private",
	  .granule = BASE,
	  .prot = READ_WRITE,
	  .flags = MAP_PRIVATE,
	  .touch = TOUCH_WRITE,
	  .open = open_tmpfs,
	  .file_granules = SMALL_FILE,
	  .weight = 3 },
	{ .name = "tmpfs-readonly",
	  .granule = BASE,
	  .prot = PROT_READ,
	  .flags = MAP_SHARED,
	  .touch = TOUCH_READ,
	  .open = open_tmpfs,
	  .file_granules = SMALL_FILE,
	  .weight = 2 },
	/* From wherever in the file: large folios, mapped by base pages. */
	{ .name = "tmpfs-huge",
	  .granule = BASE,
	  .prot = READ_WRITE,
	  .flags = MAP_SHARED,
	  .touch = TOUCH_WRITE,
	  .open = open_tmpfs_huge,
	  .file_granules = SMALL_FILE,
	  .weight = 3 },
	{ .name = "tmpfs-huge-readonly",
	  .granule = BASE,
	  .prot = PROT_READ,
	  .flags = MAP_SHARED,
	  .touch = TOUCH_READ,
	  .open = open_tmpfs_huge,
	  .file_granules = SMALL_FILE,
	  .weight = 3 },
	{ .name = "ramfs",
	  .granule = BASE,
	  .prot = READ_WRITE,
	  .flags = MAP_SHARED,
	  .touch = TOUCH_WRITE,
	  .open = open_ramfs,
	  .file_granules = SMALL_FILE,
	  .weight = 2,
	  .tracked = true },
	{ .name = "beyond-eof",
	  .granule = BASE,
	  .prot = READ_WRITE,
	  .flags = MAP_SHARED,
	  .touch = TOUCH_NOT,
	  .open = open_memfd,
	  .weight = 1,
	  .refused = true },
	{ .name = "read-only",
	  .granule = BASE,
	  .prot = PROT_READ,
	  .flags = ANONYMOUS,
	  .advice = MADV_NOHUGEPAGE,
	  .touch = TOUCH_READ,
	  .weight = 2 },
	/*
	 * Not in mixtures: to read it, GUP-fast takes what is mapped and slow
	 * GUP refuses all, so how much depends on where the fast walk stopped.
	 */
	{ .name = "write-only",
	  .granule = BASE,
	  .prot = PROT_WRITE,
	  .flags = ANONYMOUS,
	  .advice = MADV_NOHUGEPAGE,
	  .touch = TOUCH_WRITE },
	{ .name = "prot-none",
	  .granule = BASE,
	  .prot = PROT_NONE,
	  .flags = ANONYMOUS,
	  .touch = TOUCH_NOT,
	  .weight = 1,
	  .refused = true },
	{ .name = "secretmem",
	  .granule = BASE,
	  .prot = READ_WRITE,
	  .flags = MAP_SHARED,
	  .touch = TOUCH_WRITE,
	  .open = open_secretmem,
	  .file_granules = 64,
	  .weight = 1,
	  .refused = true },
	{ .name = "pci-memory",
	  .granule = BASE,
	  .prot = READ_WRITE,
	  .flags = MAP_SHARED,
	  .touch = TOUCH_NOT,
	  .open = open_pci_memory,
	  .file_granules = 1,
	  .weight = 1,
	  .refused = true },
};

const struct memory_kind *memory_kind_named(const char *name)
{
	const struct memory_kind *kind = memory_kinds;

	while (strcmp(kind->name, name))
		kind++;
	return kind;
}

int memory_map(const struct memory_kind *kind, void *addr, size_t granules,
	       size_t file_granule)
{
	size_t len = granules * kind->granule;

	if (mmap(addr, len, kind->prot, kind->flags | MAP_FIXED, kind->fd,
		 file_granule * kind->granule) == MAP_FAILED)
		return -errno;
	if (kind->advice && madvise(addr, len, kind->advice))
		return -errno;
	return 0;
}

void memory_touch(void *addr, size_t len, enum memory_touch touch)
{
	for (size_t at = 0; at < len && touch; at += PAGE) {
		volatile char *byte = (char *)addr + at;

		if (touch == TOUCH_WRITE)
			*byte = at / PAGE;
		else
			(void)*byte;
	}
}

static const char *why(const char *what, int status)
{
	char *text;

	if (asprintf(&text, "%s: %s", what, strerror(-status)) < 0)
		return what;
	return text;
}

static void prepare(struct memory_kind *kind, void *scratch)
{
	int status;

	if (kind->granule == BASE)
		kind->granule = PAGE;
	kind->fd = -1;
	if (kind->open) {
		kind->fd = kind->open(kind);
		if (kind->fd < 0) {
			kind->unavailable = why("its file", kind->fd);
			return;
		}
	}
	status = memory_map(kind, scratch, 1, 0);
	if (status) {
		kind->unavailable = why("mapping it", status);
		return;
	}
	memory_touch(scratch, kind->granule, kind->touch);
}

void memory_kinds_prepare(void *scratch)
{
	for (size_t i = 0; i < MEMORY_KINDS; i++) {
		prepare(&memory_kinds[i], scratch);
		mmap(scratch, PUD_PAGE, PROT_NONE, ANONYMOUS | MAP_FIXED, -1,
		     0);
	}
}
