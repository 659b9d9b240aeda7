// SPDX-License-Identifier: GPL-2.0-only
/* Memory that is swapped out to a disk comes back as it was. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <unistd.h>

#include "dio_case.h"
#include "harness.h"
#include "pattern.h"

#define PAGE 4096ul
#define LEN (16ul << 20)

static struct disk disk;
static char path[64];

/* As mkswap(8) does: version 1, its last page, and the ten bytes at the end. */
static void make_swap(void)
{
	static char page[PAGE] __attribute__((aligned(PAGE)));
	const uint32_t version = 1, last = DISK_SIZE / PAGE - 1;

	memcpy(page + 1024, &version, sizeof(version));
	memcpy(page + 1028, &last, sizeof(last));
	memcpy(page + PAGE - 10, "SWAPSPACE2", 10);
	disk_put(&disk, page, PAGE, 0);
}

static long swapped_kib(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[128];
	long kib = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmSwap: %ld", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

static void out_and_in(int advice)
{
	char *memory = mmap(NULL, LEN, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	madvise(memory, LEN, advice);
	pattern_fill(memory, LEN, (uint64_t)advice);
	if (madvise(memory, LEN, MADV_PAGEOUT))
		fail("MADV_PAGEOUT: %s", strerror(errno));
	if (swapped_kib() < (long)(LEN >> 10) / 2)
		fail("%ld KiB are swapped out", swapped_kib());
	assert_null(pattern_mismatch(memory, LEN, (uint64_t)advice));
	/* Once more, to be read back by swapoff(). */
	pattern_fill(memory, LEN, (uint64_t)advice + 1);
	madvise(memory, LEN, MADV_PAGEOUT);
	assert_int_equal(swapoff(path), 0);
	assert_null(pattern_mismatch(memory, LEN, (uint64_t)advice + 1));
	munmap(memory, LEN);
}

static void test_swap(void)
{
	static const int advices[] = { MADV_NOHUGEPAGE, MADV_HUGEPAGE };

	dio_open(&disk);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", disk.buffered);
	for (size_t i = 0; i < ARRAY_SIZE(advices); i++) {
		make_swap();
		if (swapon(path, 0)) {
			if (errno == ENOSYS)
				skip("this kernel does not swap");
			fail("swapon: %s", strerror(errno));
		}
		out_and_in(advices[i]);
	}
	disk_close();
}

static const struct {
	const char *name;
} disks[] = {
	{ "null-512" }, { "null-async" }, { "nvme" },  { "virtio" },
	{ "linear" },	{ "crypt" },	  { "raid0" }, { "raid1" },
	{ "loop" },	{ "protected" },
};

static const struct test_case tests[] = {
	TEST_EACH(test_swap, disks),
};

TEST_MAIN()
