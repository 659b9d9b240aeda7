// SPDX-License-Identifier: GPL-2.0-only
/* What programs of registered buffers share: files, and memory that is one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "layout_case.h"
#include "uring_target.h"

struct uring_target uring_targets[2];
size_t uring_nr_targets;

static void put(const char *folder, const char *name, const char *value)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, value, strlen(value)), strlen(value));
	close(fd);
}

#define DISK "/sys/kernel/config/nullb/uring_target"

/* A disk in memory, if the kernel has such. */
static void open_disk(void)
{
	int fd;

	if (mkdir(DISK, 0755)) {
		note("no null_blk: %s", strerror(errno));
		return;
	}
	put(DISK, "size", "16");
	put(DISK, "blocksize", "512");
	put(DISK, "memory_backed", "1");
	put(DISK, "power", "1");
	fd = open("/dev/uring_target", O_RDWR | O_DIRECT | O_CLOEXEC);
	assert_true(fd >= 0);
	uring_targets[uring_nr_targets++] =
		(struct uring_target){ "disk", fd, 512 };
}

void uring_targets_open(void)
{
	int fd = memfd_create("uring_target", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, URING_FILE_LEN), 0);
	uring_targets[uring_nr_targets++] =
		(struct uring_target){ "file", fd, 1 };
	open_disk();
}

void uring_targets_close(void)
{
	for (size_t i = 0; i < uring_nr_targets; i++)
		close(uring_targets[i].fd);
	if (uring_nr_targets > 1)
		rmdir(DISK);
}

struct iovec uring_range(const struct layout *layout)
{
	return (struct iovec){ (void *)layout->start,
			       layout->end - layout->start };
}

void uring_buffer_open(struct uring_buffer *buffer,
		       const struct layout_part *parts, size_t nr,
		       size_t before)
{
	layout_case_build(&buffer->layout, parts, nr, before);
	buffer->range = uring_range(&buffer->layout);
	ring_open(&buffer->ring);
	assert_int_equal(ring_register(&buffer->ring, &buffer->range, 1), 0);
}

void uring_buffer_close(struct uring_buffer *buffer)
{
	ring_close(&buffer->ring);
	layout_clear(&buffer->layout);
}
