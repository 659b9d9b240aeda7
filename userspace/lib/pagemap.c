// SPDX-License-Identifier: GPL-2.0-only
/* Counts pages whose neighbours lie elsewhere in physical memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

#include "pagemap.h"

/* From the kernel's Documentation/admin-guide/mm/pagemap.rst. */
#define ENTRY_PRESENT (UINT64_C(1) << 63)
#define ENTRY_PFN ((UINT64_C(1) << 55) - 1)

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
