// SPDX-License-Identifier: GPL-2.0-only
/*
 * Direct I/O moves the right bytes between any memory and any disk, and no
 * others; and it leaves no page pinned, which the harness looks at after each
 * test.
 *
 * A range that is merged too far, cut at the wrong byte, taken twice or not at
 * all changes a byte: on the disk, in the memory or around either.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dio_case.h"
#include "harness.h"
#include "pattern.h"

#define PAGE 4096ul
#define KIB 1024ul
#define MIB (1024 * KIB)

static struct disk disk;

/* A piece has at least a byte of its memory before and behind it. */
static struct iovec piece(const struct phyr_backing *backing, size_t offset,
			  size_t len)
{
	assert_true(offset && offset + len < backing->mapped);
	return (struct iovec){ (char *)backing->addr + offset, len };
}

static size_t whole_blocks(size_t len)
{
	size_t rest = len % disk.block;

	return rest ? len + disk.block - rest : len;
}

static uint64_t any_position(struct dice *dice, size_t len)
{
	return dice_roll(dice, (DISK_SIZE - len) / disk.block) * disk.block;
}

/* Each length with some offset, and each offset with some length. */
static void test_lengths_and_offsets(void)
{
	static const size_t lens[] = {
		512,	       1024,
		3584,	       4096,
		4608,	       8192,
		16 * KIB,      20 * KIB + 512,
		64 * KIB,      128 * KIB + 512,
		512 * KIB,     MIB - 512,
		MIB,	       2 * MIB + 512,
		9 * MIB + 512,
	};
	static const size_t offsets[] = {
		PAGE,		PAGE + 512,    PAGE + 1024,
		2 * PAGE - 512, 8 * KIB + 512, 60 * KIB,
		2 * MIB,	2 * MIB - 512, MIB + 3584,
	};
	struct dice dice = dice_with_seed(dio_seed());

	dio_open(&disk);
	for (int kind = 0; kind < PHYR_BACKING_KINDS; kind++) {
		for (unsigned int i = 0;
		     dio_backings[kind] && i < ARRAY_SIZE(lens); i++) {
			size_t len = whole_blocks(lens[i]);
			struct iovec one;

			if (!dio_turn(&disk, i + (unsigned int)kind))
				continue;
			one = piece(
				dio_backings[kind],
				offsets[dice_roll(&dice, ARRAY_SIZE(offsets))],
				len);

			dio_case(&disk, dio_vectored, &one, 1,
				 any_position(&dice, len));
		}
	}
	disk_close();
}

/* Which memory of each backing a random vector may use: not what another has. */
static size_t used[PHYR_BACKING_KINDS];

static struct iovec random_piece(struct dice *dice, size_t most)
{
	struct phyr_backing *backing = dio_any_backing(dice);
	size_t len = disk.block * (1 + dice_roll(dice, most / disk.block));
	size_t offset = used[backing->kind] + 512 * (1 + dice_roll(dice, 16));

	if (offset + len + 1 >= backing->mapped)
		return (struct iovec){ NULL, 0 };
	used[backing->kind] = offset + len + 512;
	return (struct iovec){ (char *)backing->addr + offset, len };
}

/* Pieces of all kinds of memory in one call, some of them empty. */
static void test_vectors(void)
{
	struct dice dice = dice_with_seed(dio_seed() + 1);
	unsigned int rounds = dio_rounds(16);

	dio_open(&disk);
	for (unsigned int round = 0; round < rounds; round++) {
		struct iovec pieces[DIO_PIECES];
		int nr = 1 + (int)dice_roll(&dice, DIO_PIECES - 1);
		size_t len = 0;

		memset(used, 0, sizeof(used));
		for (int i = 0; i < nr; i++) {
			pieces[i] = random_piece(&dice, dice_one_in(&dice, 4)
								? 256 * KIB
								: 16 * KIB);
			if (dice_one_in(&dice, 6))
				pieces[i].iov_len = 0;
			len += pieces[i].iov_len;
		}
		if (len)
			dio_case(&disk, dio_vectored, pieces, nr,
				 any_position(&dice, len));
	}
	disk_close();
}

/*
 * One empty element at each place, with and without an address. The stock kernel
 * refuses one whose address is not aligned as the device wants memory to be.
 */
static void test_empty_elements(void)
{
	const struct phyr_backing *base = dio_backings[PHYR_BACKING_BASE];
	const struct iovec full[] = {
		piece(base, PAGE, 4 * PAGE),
		piece(base, 8 * PAGE, PAGE),
		piece(base, 16 * PAGE, 8 * PAGE),
	};
	const int nr = ARRAY_SIZE(full);

	dio_open(&disk);
	for (int place = 0; place <= nr; place++) {
		for (int way = 0; way < 3; way++) {
			struct iovec pieces[ARRAY_SIZE(full) + 1];

			memcpy(pieces, full, sizeof(*full) * (size_t)place);
			memcpy(pieces + place + 1, full + place,
			       sizeof(*full) * (size_t)(nr - place));
			pieces[place] = (struct iovec){
				way == 0 ? NULL
				: way == 1
					? (char *)base->addr + 40 * PAGE + 512
					: (void *)(64 * KIB),
				0,
			};
			dio_case(&disk, dio_vectored, pieces, nr + 1,
				 (uint64_t)place * MIB);
		}
	}
	disk_close();
}

static void test_borders_of_hugepages(void)
{
	static const int kinds[] = {
		PHYR_BACKING_THP,	 PHYR_BACKING_THP_PTE,
		PHYR_BACKING_HUGETLB_2M, PHYR_BACKING_HUGETLB_1G,
		PHYR_BACKING_MTHP_64K,	 PHYR_BACKING_FRAG_256K
	};
	static const size_t before[] = { 512, PAGE, 3 * PAGE + 512, 512 * KIB,
					 2 * MIB - 512 };
	static const size_t after[] = { 512, PAGE - 512, 5 * PAGE, 2 * MIB,
					4 * MIB + 512 };

	dio_open(&disk);
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		const struct phyr_backing *backing = dio_backings[kinds[k]];

		for (size_t b = 0; backing && b < ARRAY_SIZE(before); b++) {
			size_t len = whole_blocks(
				before[b] + after[(b + k) % ARRAY_SIZE(after)]);
			struct iovec one =
				piece(backing, 4 * MIB - before[b], len);

			if (!dio_turn(&disk, (unsigned int)(b + k)))
				continue;
			dio_case(&disk, dio_vectored, &one, 1, b * disk.block);
		}
	}
	disk_close();
}

/* Memory that the transfer itself faults in. */
static void test_untouched_memory(void)
{
	const size_t len = MIB;
	char *memory;

	dio_open(&disk);
	memory = mmap(NULL, len, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(memory, MAP_FAILED);
	pattern_fill(dio_backings[PHYR_BACKING_BASE]->addr, len, 5);
	disk_put(&disk, dio_backings[PHYR_BACKING_BASE]->addr, len, 0);
	assert_int_equal(pread(disk.direct, memory, len, 0), len);
	assert_memory_equal(memory, dio_backings[PHYR_BACKING_BASE]->addr, len);
	munmap(memory, len);

	/* Nor has anybody touched what is written: zeroes. */
	memory = mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(memory, MAP_FAILED);
	assert_int_equal(pwrite(disk.direct, memory, len, 0), len);
	disk_get(&disk, dio_backings[PHYR_BACKING_BASE]->addr, len, 0);
	assert_memory_equal(memory, dio_backings[PHYR_BACKING_BASE]->addr, len);
	munmap(memory, len);
	disk_close();
}

static void child_sees(char *memory, size_t len, char byte, int go)
{
	pid_t child;
	int status;

	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		char word;
		bool same = read(go, &word, 1) == 1;

		for (size_t i = 0; i < len; i++)
			same = same && memory[i] == byte;
		_exit(same ? 0 : 1);
	}
	/* The child waits: its memory is the parent's until one of them writes. */
	assert_int_equal(pread(disk.direct, memory, len, 0), len);
	assert_int_equal(write(go + 1, "", 1), 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (status)
		fail("the child sees what its parent has read");
}

/* A child that has all memory of all kinds costs 10 s of a slow kernel. */
static void inherit_only(const struct phyr_backing *inherited)
{
	for (int kind = 0; kind < PHYR_BACKING_KINDS; kind++) {
		const struct phyr_backing *backing = dio_backings[kind];

		if (backing)
			madvise(backing->addr, backing->mapped,
				!inherited || backing == inherited
					? MADV_DOFORK
					: MADV_DONTFORK);
	}
}

/* A read into memory that a child shares is not the child's. */
static void test_fork(void)
{
	static const int kinds[] = { PHYR_BACKING_BASE, PHYR_BACKING_THP,
				     PHYR_BACKING_MTHP_64K };
	const size_t len = 256 * KIB;
	int go[2];

	dio_open(&disk);
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct phyr_backing *backing = dio_backings[kinds[k]];
		char *memory;

		if (!backing)
			continue;
		memory = (char *)backing->addr + 3 * PAGE;
		assert_int_equal(pipe(go), 0);
		memset(memory, 'd', len);
		disk_put(&disk, memory, len, 0);
		memset(memory, 'm', len);
		inherit_only(backing);
		child_sees(memory, len, 'm', go[0]);
		inherit_only(NULL);
		for (size_t i = 0; i < len; i++)
			assert_int_equal(memory[i], 'd');
		close(go[0]);
		close(go[1]);
	}
	disk_close();
}

/* Beyond the last byte there is nothing to read, and nowhere to write. */
static void test_end(void)
{
	char *memory = dio_backings[PHYR_BACKING_BASE]->addr;
	const size_t len = 16 * PAGE;
	uint64_t end = DISK_SIZE;

	dio_open(&disk);
	if (!disk.is_file) {
		off_t size = lseek(disk.direct, 0, SEEK_END);

		assert_true(size > 0);
		end = (uint64_t)size;
	}
	for (uint64_t left = 0; left < len; left += 3 * PAGE) {
		off_t pos = (off_t)(end - left);

		memset(memory, 'm', len);
		assert_int_equal(pread(disk.direct, memory, len, pos), left);
		/* A file system may put zeroes there. */
		for (size_t i = left; !disk.is_file && i < len; i++)
			assert_int_equal(memory[i], 'm');
	}
	disk_close();
}

/* A file that ends between two blocks is read to its last byte. */
static void test_end_between_blocks(void)
{
	char *memory = dio_backings[PHYR_BACKING_BASE]->addr;
	const size_t len = 8 * PAGE, end = 5 * PAGE + 77;

	dio_open(&disk);
	memset(memory, 'd', len);
	assert_int_equal(ftruncate(disk.buffered, 0), 0);
	disk_put(&disk, memory, end, 0);
	memset(memory, 'm', len);
	assert_int_equal(pread(disk.direct, memory, len, 0), end);
	for (size_t i = 0; i < end; i++)
		assert_int_equal(memory[i], 'd');
	disk_close();
}

/* What no extent holds, or one that was never written to, reads as zeroes. */
static void test_holes(void)
{
	static const char zeroes[16 * PAGE];
	char *memory = dio_backings[PHYR_BACKING_BASE]->addr;
	const size_t hole = sizeof(zeroes);

	dio_open(&disk);
	assert_int_equal(ftruncate(disk.buffered, 0), 0);
	assert_int_equal(ftruncate(disk.buffered, DISK_SIZE), 0);
	/* data, hole, data, preallocated, data */
	memset(memory, 'd', hole);
	for (int i = 0; i < 3; i++)
		disk_put(&disk, memory, hole, 2ull * (uint64_t)i * hole);
	assert_int_equal(
		fallocate(disk.buffered, 0, (off_t)(3 * hole), (off_t)hole), 0);
	memset(memory, 'm', 5 * hole);
	assert_int_equal(pread(disk.direct, memory, 5 * hole, 0), 5 * hole);
	for (size_t i = 0; i < 5 * hole; i++)
		assert_int_equal(memory[i], i / hole % 2 ? 0 : 'd');

	/* A write makes them data. */
	memset(memory, 'w', 3 * hole);
	assert_int_equal(pwrite(disk.direct, memory, 3 * hole,
				(off_t)(hole + PAGE)),
			 3 * hole);
	disk_get(&disk, memory, 5 * hole, 0);
	for (size_t i = 0; i < 5 * hole; i++) {
		char byte = i / hole % 2 ? 0 : 'd';

		if (i >= hole + PAGE && i < 4 * hole + PAGE)
			byte = 'w';
		assert_int_equal(memory[i], byte);
	}
	disk_close();
}

/* The end of a read that is no whole block and lies in a hole. */
static void test_end_in_hole(void)
{
	char *memory = dio_backings[PHYR_BACKING_BASE]->addr;

	dio_open(&disk);
	assert_int_equal(ftruncate(disk.buffered, 0), 0);
	assert_int_equal(ftruncate(disk.buffered, 4 * PAGE), 0);
	memset(memory, 'd', PAGE);
	disk_put(&disk, memory, PAGE, 0);
	memset(memory, 'm', 2 * PAGE);
	assert_int_equal(pread(disk.direct, memory, PAGE + 100, 0), PAGE + 100);
	for (size_t i = 0; i < 2 * PAGE; i++)
		assert_int_equal(memory[i], i < PAGE	     ? 'd'
					    : i < PAGE + 100 ? 0
							     : 'm');
	disk_close();
}

/* Of a file system. */
static const struct {
	const char *name;
} files[] = { { "ext4" }, { "xfs" } };

static const struct test_case tests[] = {
	TEST_EACH(test_lengths_and_offsets, disk_kinds),
	TEST_EACH(test_vectors, disk_kinds),
	TEST_EACH(test_empty_elements, disk_kinds),
	TEST_EACH(test_borders_of_hugepages, disk_kinds),
	TEST_EACH(test_untouched_memory, disk_kinds),
	TEST_EACH(test_fork, disk_kinds),
	TEST_EACH(test_end, disk_kinds),
	TEST_EACH(test_end_between_blocks, files),
	TEST_EACH(test_holes, files),
	TEST_EACH(test_end_in_hole, files),
};

TEST_MAIN(.setup = dio_case_setup, .teardown = dio_case_teardown)
