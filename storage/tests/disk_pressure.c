// SPDX-License-Identifier: GPL-2.0-only
/*
 * A disk goes on while there is no memory for who may not wait for it: swapping
 * out may be how there will be some.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <liburing.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "dio_case.h"
#include "harness.h"
#include "pattern.h"

#define PAGE 4096ul
#define DEPTH 8
#define SECONDS 20
#define FAILURES 1000000ul

#define FAULTS "/sys/kernel/debug/failslab/"

static struct disk disk;

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 &&
		    write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

static unsigned long number(const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned long value = 0;

	if (!file || fscanf(file, "%lu", &value) != 1)
		fail("%s cannot be read", path);
	fclose(file);
	return value;
}

/* Whether kmalloc() fails for all who may not sleep, in any context. */
static void starve(bool hungry)
{
	char text[24];

	snprintf(text, sizeof(text), "%lu", FAILURES);
	if (hungry)
		assert_true(put(FAULTS "times", text));
	assert_true(put(FAULTS "probability", hungry ? "100" : "0"));
}

static void setup(void)
{
	static const char *const settings[][2] = {
		{ FAULTS "probability", "0" },
		{ FAULTS "interval", "1" },
		{ FAULTS "verbose", "0" },
		{ FAULTS "ignore-gfp-wait", "1" },
		{ FAULTS "cache-filter", "1" },
		{ FAULTS "task-filter", "0" },
	};
	glob_t caches;

	if (access(FAULTS, F_OK))
		skip("no CONFIG_FAILSLAB");
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (!put(settings[i][0], settings[i][1]))
			fail("%s: %s", settings[i][0], strerror(errno));
	if (glob("/sys/kernel/slab/kmalloc-*/failslab", 0, NULL, &caches))
		fail("no caches of kmalloc()");
	for (size_t i = 0; i < caches.gl_pathc; i++)
		if (!put(caches.gl_pathv[i], "1"))
			fail("%s: %s", caches.gl_pathv[i], strerror(errno));
	globfree(&caches);
	dio_case_setup();
}

/* Also behind a test that failed while memory was short. */
static void teardown(void)
{
	put(FAULTS "probability", "0");
	put(FAULTS "cache-filter", "0");
	dio_case_teardown();
}

/* Bios that became part of another's request. */
static unsigned long merged(bool writes)
{
	unsigned long reads_merged, writes_merged;
	struct stat status;
	char path[64];
	FILE *file;

	assert_int_equal(fstat(disk.direct, &status), 0);
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/stat",
		 major(status.st_rdev), minor(status.st_rdev));
	file = fopen(path, "re");
	if (!file || fscanf(file, "%*u %lu %*u %*u %*u %lu", &reads_merged,
			    &writes_merged) != 2)
		fail("%s cannot be read", path);
	fclose(file);
	return writes ? writes_merged : reads_merged;
}

/* Returns how many of @nr transfers of @len bytes that follow each other moved. */
static int move(struct io_uring *ring, bool starved, bool write, char *memory,
		size_t len, int nr)
{
	struct __kernel_timespec patience = { .tv_sec = SECONDS };
	struct io_uring_cqe *cqe;
	int moved = 0;

	for (int i = 0; i < nr; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
		size_t at = (size_t)i * len;

		if (write)
			io_uring_prep_write(sqe, disk.direct, memory + at,
					    (unsigned int)len, at);
		else
			io_uring_prep_read(sqe, disk.direct, memory + at,
					   (unsigned int)len, at);
	}
	starve(starved);
	assert_int_equal(io_uring_submit(ring), nr);
	for (int i = 0; i < nr; i++) {
		if (io_uring_wait_cqe_timeout(ring, &cqe, &patience)) {
			/* So that nothing is under way when the test ends. */
			starve(false);
			assert_int_equal(io_uring_wait_cqe(ring, &cqe), 0);
		} else {
			moved += cqe->res == (int)len;
		}
		io_uring_cqe_seen(ring, cqe);
	}
	starve(false);
	return moved;
}

static void there_and_back(size_t len, int nr)
{
	char *memory = dio_backings[PHYR_BACKING_BASE]->addr;
	struct io_uring ring;

	assert_int_equal(io_uring_queue_init(DEPTH, &ring, 0), 0);
	/* Drivers keep what a transfer of this size takes. */
	assert_int_equal(move(&ring, false, false, memory, len, nr), nr);
	for (int write = 1; write >= 0; write--) {
		unsigned long before = merged(write);
		unsigned long failed;
		int moved;

		if (write)
			pattern_fill(memory, (size_t)nr * len, len);
		else
			memset(memory, 0x55, (size_t)nr * len);
		moved = move(&ring, true, write, memory, len, nr);
		if (moved != nr)
			fail("%s: %d of %d %s went on without memory",
			     disk.name, moved, nr, write ? "writes" : "reads");
		failed = FAILURES - number(FAULTS "times");
		note("%lu allocations failed, %lu bios were merged", failed,
		     merged(write) - before);
		assert_true(failed < FAILURES);
		/* NVMe may have all that it needs. */
		assert_true(failed > 0 || strcmp(disk.name, "virtio"));
		assert_true(nr == 1 || merged(write) > before);
	}
	assert_null(pattern_mismatch(memory, (size_t)nr * len, len));
	io_uring_queue_exit(&ring);
}

static void test_many_ranges(void)
{
	const char *const *name = test_element();

	disk_open(disk_kind_named(*name), &disk);
	there_and_back(64 * PAGE, 1);
	disk_close();
}

static void test_many_bios(void)
{
	const char *const *name = test_element();

	disk_open(disk_kind_named(*name), &disk);
	there_and_back(8 * PAGE, DEPTH);
	disk_close();
}

static const struct {
	const char *name;
} drives[] = { { "virtio" }, { "nvme" } };

static const struct test_case tests[] = {
	TEST_EACH(test_many_ranges, drives),
	TEST_EACH(test_many_bios, drives),
};

TEST_MAIN(.setup = setup, .teardown = teardown)
