// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bar.h"
#include "harness.h"

#define DRIVER "dmabuf_test"
#define DEVICE "/dev/dmabuf_test_bar"
#define FUNCTIONS "/sys/bus/pci/devices/*"

static FILE *changes;

static int write_text(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY);
	ssize_t written;

	if (fd < 0)
		return -errno;
	written = write(fd, text, strlen(text));
	close(fd);
	return written < 0 ? -errno : 0;
}

static int is_ivshmem(const char *function)
{
	char name[PATH_MAX], id[64] = "";
	FILE *file;

	snprintf(name, sizeof(name), "%s/modalias", function);
	file = fopen(name, "r");
	if (!file)
		return 0;
	if (!fgets(id, sizeof(id), file))
		id[0] = 0;
	fclose(file);
	return !strncmp(id, "pci:v00001AF4d00001110", 22);
}

/* The folder in sysfs of the function, or a skipped test. */
static void find_function(char function[PATH_MAX])
{
	glob_t found;

	function[0] = 0;
	if (!glob(FUNCTIONS, 0, NULL, &found)) {
		for (size_t i = 0; i < found.gl_pathc && !function[0]; i++)
			if (is_ivshmem(found.gl_pathv[i]))
				snprintf(function, PATH_MAX, "%s",
					 found.gl_pathv[i]);
		globfree(&found);
	}
	if (!function[0])
		skip("there is no ivshmem");
}

static void bind_function(const char *function)
{
	char name[PATH_MAX + 32];

	snprintf(name, sizeof(name), "%s/driver_override", function);
	write_text(name, DRIVER);
	write_text("/sys/bus/pci/drivers_probe", strrchr(function, '/') + 1);
}

static uint8_t *map_raw(const char *function, size_t size)
{
	char name[PATH_MAX + 32];
	uint8_t *raw;
	int fd;

	snprintf(name, sizeof(name), "%s/resource2", function);
	fd = open(name, O_RDWR);
	if (fd < 0)
		return NULL;
	raw = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return raw == MAP_FAILED ? NULL : raw;
}

void bar_open(struct bar *bar)
{
	const char *device = getenv("PHYR_MEMORY");
	const char *log = getenv("PHYR_CHANGES");
	char function[PATH_MAX] = "";

	memset(bar, 0, sizeof(*bar));
	if (!device) {
		find_function(function);
		if (access(DEVICE, F_OK))
			bind_function(function);
		device = DEVICE;
	}
	bar->fd = open(device, O_RDWR | O_CLOEXEC);
	if (bar->fd < 0)
		skip("%s: %s", device, strerror(errno));
	assert_int_equal(ioctl(bar->fd, DMABUF_TEST_INFO, &bar->info), 0);
	bar->bytes = mmap(NULL, bar->info.size, PROT_READ | PROT_WRITE,
			  MAP_SHARED, bar->fd, 0);
	assert_ptr_not_equal(bar->bytes, MAP_FAILED);
	if (function[0])
		bar->raw = map_raw(function, bar->info.size);
	if (log && function[0]) {
		changes = fopen(log, "a");
		assert_non_null(changes);
	}
}

void bar_close(struct bar *bar)
{
	if (changes)
		fclose(changes);
	changes = NULL;
	if (bar->raw)
		munmap(bar->raw, bar->info.size);
	munmap(bar->bytes, bar->info.size);
	close(bar->fd);
}

int bar_export(const struct bar *bar, const struct dmabuf_test_range *ranges,
	       unsigned int nr)
{
	struct dmabuf_test_export export = { .ranges = (uintptr_t)ranges,
					     .nr = nr };

	if (ioctl(bar->fd, DMABUF_TEST_EXPORT, &export))
		fail("exporting %u ranges: %s", nr, strerror(errno));
	return export.fd;
}

void bar_revoke(const struct bar *bar)
{
	assert_int_equal(ioctl(bar->fd, DMABUF_TEST_REVOKE), 0);
}

void bar_restore(const struct bar *bar)
{
	assert_int_equal(ioctl(bar->fd, DMABUF_TEST_RESTORE), 0);
}

unsigned int bar_mappings(const struct bar *bar)
{
	struct dmabuf_test_info info;

	assert_int_equal(ioctl(bar->fd, DMABUF_TEST_INFO, &info), 0);
	return info.mappings;
}

void bar_log_fill(uint64_t offset, uint64_t len, uint64_t seed, uint64_t from)
{
	if (changes)
		fprintf(changes,
			"fill %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
			"\n",
			offset, len, seed, from);
}

void bar_log_copy(uint64_t offset, uint64_t len, uint64_t from)
{
	if (changes)
		fprintf(changes, "copy %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
			offset, len, from);
}
