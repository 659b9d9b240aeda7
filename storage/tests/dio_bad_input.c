// SPDX-License-Identifier: GPL-2.0-only
/*
 * What direct I/O must refuse, how it says so, and what it has done until then:
 * as the stock kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "dio_case.h"
#include "harness.h"
#include "island.h"

#define PAGE 4096ul
#define PAGES 64
#define LEN (PAGES * PAGE)

static struct disk disk;
/* LEN bytes behind which nothing is mapped. */
static char *memory;
static char plain[LEN];

static void setup(void)
{
	memory = island_map(LEN, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1);
	memset(memory, 'm', LEN);
}

static void open_element(void)
{
	dio_open(&disk);
	memset(plain, 'd', LEN);
	disk_put(&disk, plain, LEN, 0);
	memset(memory, 'm', LEN);
}

/* What pread() and pwrite() return, or a negative errno. */
static ssize_t reading(void *addr, size_t len, off_t pos)
{
	ssize_t moved = pread(disk.direct, addr, len, pos);

	return moved < 0 ? -errno : moved;
}

static ssize_t writing(const void *addr, size_t len, off_t pos)
{
	ssize_t moved = pwrite(disk.direct, addr, len, pos);

	return moved < 0 ? -errno : moved;
}

/* As much as is mapped is moved, or nothing; never what is behind it. */
static void may_be_short(ssize_t moved, size_t mapped)
{
	if (moved != -EFAULT && moved != (ssize_t)mapped)
		fail("moved %zd of %zu bytes that are mapped", moved, mapped);
}

static void test_unmapped(void)
{
	open_element();
	assert_int_equal(reading(memory + LEN, PAGE, 0), -EFAULT);
	assert_int_equal(writing(memory + LEN, PAGE, 0), -EFAULT);
	assert_int_equal(reading((void *)(64 * PAGE), LEN, 0), -EFAULT);
	assert_int_equal(reading((void *)0xffff888000000000, LEN, 0), -EFAULT);
	assert_int_equal(reading((void *)-PAGE, LEN, 0), -EFAULT);
	disk_close();
}

static void test_unmapped_tail(void)
{
	static const size_t mapped[] = { PAGE, 3 * PAGE, 17 * PAGE, LEN };

	open_element();
	for (size_t i = 0; i < ARRAY_SIZE(mapped); i++) {
		char *start = memory + LEN - mapped[i];
		ssize_t moved;

		memset(memory, 'm', LEN);
		moved = reading(start, mapped[i] + 2 * PAGE, 0);
		may_be_short(moved, mapped[i]);
		for (ssize_t k = 0; k < moved; k++)
			assert_int_equal(start[k], 'd');
		for (char *at = memory; at < start; at++)
			assert_int_equal(*at, 'm');
		memset(memory, 'd', LEN);
		may_be_short(writing(start, mapped[i] + 2 * PAGE, 0),
			     mapped[i]);
	}
	disk_close();
}

static void test_hole_in_memory(void)
{
	char *middle = memory + LEN / 2;

	open_element();
	assert_int_equal(munmap(middle, PAGE), 0);
	may_be_short(reading(memory, LEN, 0), LEN / 2);
	may_be_short(writing(memory, LEN, 0), LEN / 2);
	assert_ptr_equal(mmap(middle, PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
			 middle);
	disk_close();
}

static void test_protection(void)
{
	open_element();
	assert_int_equal(mprotect(memory, LEN, PROT_NONE), 0);
	assert_int_equal(reading(memory, LEN, 0), -EFAULT);
	assert_int_equal(writing(memory, LEN, 0), -EFAULT);
	/* A read writes to memory, and a write reads it. */
	assert_int_equal(mprotect(memory, LEN, PROT_READ), 0);
	assert_int_equal(reading(memory, LEN, 0), -EFAULT);
	assert_int_equal(writing(memory, LEN, 0), LEN);
	assert_int_equal(mprotect(memory, LEN, PROT_READ | PROT_WRITE), 0);
	assert_int_equal(mprotect(memory + LEN / 2, PAGE, PROT_READ), 0);
	may_be_short(reading(memory, LEN, 0), LEN / 2);
	assert_int_equal(writing(memory, LEN, 0), LEN);
	assert_int_equal(mprotect(memory, LEN, PROT_READ | PROT_WRITE), 0);
	disk_close();
}

/* Lengths and positions are multiples of the block. */
static void test_misaligned(void)
{
	open_element();
	assert_int_equal(reading(memory, disk.block, 1), -EINVAL);
	assert_int_equal(reading(memory, disk.block, (off_t)disk.block / 2),
			 -EINVAL);
	assert_int_equal(reading(memory, disk.block - 1, 0), -EINVAL);
	assert_int_equal(reading(memory, disk.block / 2, 0), -EINVAL);
	assert_int_equal(reading(memory, 2 * disk.block + 1, 0), -EINVAL);
	assert_int_equal(writing(memory, disk.block, 1), -EINVAL);
	assert_int_equal(writing(memory, disk.block - 1, 0), -EINVAL);
	assert_int_equal(reading(memory, disk.block, -(off_t)disk.block),
			 -EINVAL);
	assert_int_equal(reading(memory, 0, 0), 0);
	assert_int_equal(writing(memory, 0, 0), 0);
	/* No device takes memory that begins at any byte. */
	assert_int_equal(reading(memory + 1, disk.block, 0), -EINVAL);
	assert_int_equal(writing(memory + 1, disk.block, 0), -EINVAL);
	disk_close();
}

static void test_beyond_the_end(void)
{
	off_t end;

	open_element();
	end = lseek(disk.direct, 0, SEEK_END);
	assert_int_equal(reading(memory, LEN, end), 0);
	assert_int_equal(reading(memory, LEN, end + (off_t)LEN), 0);
	if (!disk.is_file) {
		assert_int_equal(writing(memory, LEN, end), -ENOSPC);
		assert_int_equal(writing(memory, 2 * PAGE, end - (off_t)PAGE),
				 PAGE);
	}
	disk_close();
}

/* A vector is refused as a whole if an element is none, before all moves. */
static void test_vectors(void)
{
	/* The compiler knows better than to ask for that. */
	volatile int negative = -1, too_many = 1025;
	struct iovec many[] = {
		{ memory, PAGE },
		{ memory + 8 * PAGE, (size_t)-1 },
		{ memory + 16 * PAGE, PAGE },
	};

	open_element();
	errno = 0;
	assert_int_equal(preadv(disk.direct, many, 3, 0), -1);
	assert_errno_equal(errno, EINVAL);
	assert_int_equal(preadv(disk.direct, many, negative, 0), -1);
	assert_errno_equal(errno, EINVAL);
	assert_int_equal(preadv(disk.direct, many, too_many, 0), -1);
	assert_errno_equal(errno, EINVAL);
	assert_int_equal(preadv(disk.direct, many, 0, 0), 0);
	assert_int_equal(preadv(disk.direct, (void *)PAGE, 1, 0), -1);
	assert_errno_equal(errno, EFAULT);
	many[1] = (struct iovec){ (void *)(64 * PAGE), PAGE };
	many[0].iov_len = many[2].iov_len = PAGE;
	may_be_short(preadv(disk.direct, many, 3, 0) < 0 ? -errno
							 : (ssize_t)PAGE,
		     PAGE);
	assert_int_equal(memory[16 * PAGE], 'm');
	disk_close();
}

/* A file that is open to be read is not written to, nor the other way round. */
static void test_mode(void)
{
	char path[64];
	int fd;

	open_element();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", disk.direct);
	fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (fd < 0)
		skip("an unlinked file cannot be opened again");
	assert_int_equal(pwrite(fd, memory, PAGE, 0), -1);
	assert_errno_equal(errno, EBADF);
	close(fd);
	fd = open(path, O_WRONLY | O_DIRECT | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, memory, PAGE, 0), -1);
	assert_errno_equal(errno, EBADF);
	close(fd);
	disk_close();
}

static const struct test_case tests[] = {
	TEST_EACH(test_unmapped, disk_kinds),
	TEST_EACH(test_unmapped_tail, disk_kinds),
	TEST_EACH(test_hole_in_memory, disk_kinds),
	TEST_EACH(test_protection, disk_kinds),
	TEST_EACH(test_misaligned, disk_kinds),
	TEST_EACH(test_beyond_the_end, disk_kinds),
	TEST_EACH(test_vectors, disk_kinds),
	TEST_EACH(test_mode, disk_kinds),
};

TEST_MAIN(.setup = setup)
