// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory without struct pages, mapped for each PCI function that has a driver:
 * one behind the same switch gets the memory's bus address, one beyond the host
 * bridge nothing, unless PHYR_HOST_BRIDGE says that the bridge passes it on. What
 * mapping costs is printed: in ns, which are guest instructions on a machine that
 * counts these.
 */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bar.h"
#include "harness.h"

#define FUNCTIONS "/sys/bus/pci/devices/*"
#define SAMPLES 101
#define SETTLING 20

static struct bar bar;

/**
 * struct function - a PCI function
 * @path: its folder below /sys/devices, with the bridges above it
 * @driver: name of its driver, or nothing
 */
struct function {
	char path[PATH_MAX];
	char driver[PATH_MAX];
};

static void find_driver(struct function *function)
{
	char name[PATH_MAX + 16], link[PATH_MAX];
	ssize_t len;

	snprintf(name, sizeof(name), "%s/driver", function->path);
	len = readlink(name, link, sizeof(link) - 1);
	if (len < 0)
		len = 0;
	link[len] = 0;
	snprintf(function->driver, sizeof(function->driver), "%s",
		 strrchr(link, '/') ? strrchr(link, '/') + 1 : "");
}

static size_t find_functions(struct function **functions)
{
	glob_t found;
	size_t nr;

	assert_int_equal(glob(FUNCTIONS, 0, NULL, &found), 0);
	nr = found.gl_pathc;
	*functions = calloc(nr, sizeof(**functions));
	assert_non_null(*functions);
	for (size_t i = 0; i < nr; i++) {
		assert_non_null(
			realpath(found.gl_pathv[i], (*functions)[i].path));
		find_driver(&(*functions)[i]);
	}
	globfree(&found);
	return nr;
}

/* Both are below one switch: its upper port has the lower ports, these have them. */
static int same_switch(const struct function *one, const struct function *other)
{
	char above[PATH_MAX];
	unsigned int depth = 0;

	snprintf(above, sizeof(above), "%s", one->path);
	for (const char *at = above; (at = strchr(at, '/')); at++)
		depth++;
	/* /sys/devices/pci0000:00/ROOT PORT/UPPER/LOWER/FUNCTION */
	if (depth < 7)
		return 0;
	*strrchr(above, '/') = 0;
	*strrchr(above, '/') = 0;
	return !strncmp(other->path, above, strlen(above)) &&
	       other->path[strlen(above)] == '/';
}

static int map_for(const struct function *function, struct dmabuf_test_dma *dma)
{
	unsigned int slot, number;

	memset(dma, 0, sizeof(*dma));
	assert_int_equal(sscanf(strrchr(function->path, '/'), "/%x:%x:%x.%x",
				&dma->domain, &dma->bus, &slot, &number),
			 4);
	dma->devfn = slot << 3 | number;
	return ioctl(bar.fd, DMABUF_TEST_DMA, dma) ? -errno : 0;
}

static int compare(const void *a, const void *b)
{
	const __u64 *one = a, *other = b;

	return *one < *other ? -1 : *one > *other;
}

static void cost_of(const struct function *function)
{
	__u64 map[SAMPLES], unmap[SAMPLES];

	for (int i = -SETTLING; i < SAMPLES; i++) {
		struct dmabuf_test_dma dma;

		assert_errno_equal(-map_for(function, &dma), 0);
		if (i >= 0) {
			map[i] = dma.map_ns;
			unmap[i] = dma.unmap_ns;
		}
	}
	qsort(map, SAMPLES, sizeof(map[0]), compare);
	qsort(unmap, SAMPLES, sizeof(unmap[0]), compare);
	note("%s: dma/map/bar/256MiB %llu, unmap %llu", function->driver,
	     map[SAMPLES / 2], unmap[SAMPLES / 2]);
}

static void check(const struct function *function, const struct function *owner)
{
	bool behind_bridge = !same_switch(owner, function);
	struct dmabuf_test_dma dma;
	int err = map_for(function, &dma);

	if (behind_bridge && !getenv("PHYR_HOST_BRIDGE")) {
		assert_errno_equal(-err, EREMOTEIO);
		return;
	}
	assert_errno_equal(-err, 0);
	/* QEMU's switches and bridges translate nothing; an IOMMU does. */
	if (!behind_bridge)
		assert_int_equal(dma.addr, bar.info.start);
	assert_int_not_equal(dma.nr, 0);
	cost_of(function);
}

static void test_functions(void)
{
	struct function *functions, *owner = NULL;
	size_t nr = find_functions(&functions), checked = 0;

	for (size_t i = 0; i < nr; i++)
		if (!strcmp(functions[i].driver, "dmabuf_test"))
			owner = &functions[i];
	assert_non_null(owner);
	for (size_t i = 0; i < nr; i++) {
		const struct function *function = &functions[i];

		/* Bridges are the way, and do no DMA of their own. */
		if (function == owner || !*function->driver ||
		    !strcmp(function->driver, "pcieport"))
			continue;
		check(function, owner);
		checked++;
	}
	assert_int_not_equal(checked, 0);
	free(functions);
}

static void test_revoked(void)
{
	struct function *functions;
	size_t nr = find_functions(&functions);
	struct dmabuf_test_dma dma;

	bar_revoke(&bar);
	for (size_t i = 0; i < nr; i++)
		assert_errno_equal(-map_for(&functions[i], &dma),
				   *functions[i].driver ? ENODEV : ENXIO);
	bar_restore(&bar);
	free(functions);
}

static void open_memory(void)
{
	bar_open(&bar);
}

static void close_memory(void)
{
	bar_close(&bar);
}

static const struct test_case tests[] = {
	TEST(test_functions),
	TEST(test_revoked),
};

TEST_MAIN(.setup = open_memory, .teardown = close_memory)
