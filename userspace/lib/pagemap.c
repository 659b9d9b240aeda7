// SPDX-License-Identifier: GPL-2.0-only
/* Where pages lie in physical memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

#include "pagemap.h"

/* From the kernel's Documentation/admin-guide/mm/pagemap.rst. */
#define ENTRY_PRESENT (UINT64_C(1) << 63)
#define ENTRY_PFN ((UINT64_C(1) << 55) - 1)

/* From the kernel's include/uapi/linux/kernel-page-flags.h. */
#define FLAG_HEAD (UINT64_C(1) << 15)
#define FLAG_TAIL (UINT64_C(1) << 16)

#define BATCH 512

static int read_frames(int fd, size_t first, size_t n, uint64_t *frames)
{
	ssize_t got = pread(fd, frames, n * sizeof(*frames),
			    (off_t)(first * sizeof(*frames)));

	if (got < 0)
		return -errno;
	if ((size_t)got != n * sizeof(*frames))
		return -ENODATA;
	for (size_t i = 0; i < n; i++) {
		if (!(frames[i] & ENTRY_PRESENT))
			return -ENODATA;
		frames[i] &= ENTRY_PFN;
		if (!frames[i])
			return -EPERM;
	}
	return 0;
}

int pagemap_apart(const void *addr, size_t pages, size_t *apart)
{
	size_t first = (uintptr_t)addr / (size_t)sysconf(_SC_PAGESIZE);
	uint64_t frames[BATCH], last = 0;
	size_t count = 0;
	int fd, ret = 0;

	fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;

	for (size_t done = 0, n; done < pages; done += n) {
		n = pages - done < BATCH ? pages - done : BATCH;
		ret = read_frames(fd, first + done, n, frames);
		if (ret)
			break;
		for (size_t i = 0; i < n; i++) {
			if (done + i)
				count += frames[i] != last + 1;
			last = frames[i];
		}
	}
	close(fd);
	if (!ret)
		*apart = count;
	return ret;
}

/* One folio has a head in front, tails behind it, and no more of them. */
static int is_whole(int flags_fd, const uint64_t *frames, size_t pages,
		    bool *whole)
{
	uint64_t flags[BATCH + 1];
	ssize_t got;

	*whole = false;
	for (size_t i = 1; i < pages; i++) {
		if (frames[i] != frames[0] + i)
			return 0;
	}
	got = pread(flags_fd, flags, (pages + 1) * sizeof(*flags),
		    (off_t)(frames[0] * sizeof(*flags)));
	if (got < (ssize_t)(pages * sizeof(*flags)))
		return got < 0 ? -errno : -ENODATA;
	if (got < (ssize_t)sizeof(flags[0]) * (ssize_t)(pages + 1))
		flags[pages] = 0;
	for (size_t i = 0; i <= pages; i++) {
		bool tail = flags[i] & FLAG_TAIL;

		if (tail != (i > 0 && i < pages))
			return 0;
	}
	*whole = flags[0] & FLAG_HEAD;
	return 0;
}

int pagemap_whole_folios(const void *addr, size_t folios, size_t pages,
			 size_t *whole)
{
	size_t first = (uintptr_t)addr / (size_t)sysconf(_SC_PAGESIZE);
	int fd, flags_fd, ret = 0;
	uint64_t frames[BATCH];
	size_t count = 0;

	if (pages > BATCH)
		return -EINVAL;
	fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	flags_fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || flags_fd < 0)
		ret = -errno;
	for (size_t i = 0; !ret && i < folios; i++) {
		bool one = false;

		ret = read_frames(fd, first + i * pages, pages, frames);
		if (!ret)
			ret = is_whole(flags_fd, frames, pages, &one);
		count += one;
	}
	if (fd >= 0)
		close(fd);
	if (flags_fd >= 0)
		close(flags_fd);
	if (!ret)
		*whole = count;
	return ret;
}
