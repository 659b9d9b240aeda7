// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random direct I/O, the same for each kernel: what every call returns, what is
 * in the memory then and what is on the disk at the end makes a digest for each
 * seed. The stock kernel's digests are the phyr kernel's, or one of them is
 * wrong: ./phyr test differential compares them.
 *
 * Nothing here depends on physical addresses or on time. Memory is as the seed
 * says: of each kind, partly unmapped, protected or never touched.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dio_case.h"
#include "harness.h"
#include "island.h"
#include "pattern.h"

#define PAGE 4096ul
#define ARENA (4ul << 20)
/* Of the disk, from its beginning: what is used, and where calls begin. */
#define FIELD (5ul << 20)
#define POSITIONS (2ul << 20)
#define CALLS 40
#define MOST_PIECES 12

static struct disk disk;
static char *arena;

/* FNV-1a, of 64 bits. */
static uint64_t digest;

static void take(const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < len; i++)
		digest = (digest ^ at[i]) * 0x100000001b3;
}

static void take_words(const void *bytes, size_t len)
{
	const uint64_t *at = bytes;

	for (size_t i = 0; i < len / 8; i++)
		digest = (digest ^ at[i]) * 0x100000001b3;
}

/* Stretches of other memory than the rest, and of none. */
static void lay_out(struct dice *dice)
{
	int huge = dice_one_in(dice, 2) ? MADV_HUGEPAGE : MADV_NOHUGEPAGE;

	assert_ptr_equal(mmap(arena, ARENA, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
			 arena);
	madvise(arena, ARENA, huge);
	if (!dice_one_in(dice, 4))
		pattern_fill(arena, ARENA, 3);
	for (int i = (int)dice_roll(dice, 5); i > 0; i--) {
		char *at = arena + dice_roll(dice, ARENA / PAGE - 8) * PAGE;
		size_t len = (1 + dice_roll(dice, 8)) * PAGE;

		switch (dice_roll(dice, 5)) {
		case 0:
			munmap(at, len);
			break;
		case 1:
			mprotect(at, len, PROT_NONE);
			break;
		case 2:
			mprotect(at, len, PROT_READ);
			break;
		case 3:
			mmap(at, len, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
			break;
		default:
			madvise(at, len, MADV_DONTNEED);
		}
	}
}

/* All that can be read; what cannot is told by how much was written. */
static void take_memory(void)
{
	static char copy[PAGE];
	int self = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);

	assert_true(self >= 0);
	for (size_t i = 0; i < ARENA; i += PAGE) {
		ssize_t got =
			pread(self, copy, PAGE, (off_t)(uintptr_t)(arena + i));

		take(&got, sizeof(got));
		if (got == (ssize_t)PAGE)
			take_words(copy, PAGE);
	}
	close(self);
}

static struct iovec random_piece(struct dice *dice)
{
	static const size_t units[] = { 1, 4, 512, 512, 512, PAGE, PAGE };
	size_t unit = units[dice_roll(dice, ARRAY_SIZE(units))];
	size_t most = dice_one_in(dice, 8) ? 128 * 1024 : 16 * 1024;
	size_t start = dice_roll(dice, ARENA / unit) * unit;
	size_t len = dice_roll(dice, most / unit) * unit;

	if (dice_one_in(dice, 10))
		len = 0;
	/* Beyond the arena nothing is mapped. */
	return (struct iovec){ arena + start, len };
}

/* What a call that fails has moved until then is nobody's business: undo it. */
static void forget(const struct iovec *pieces, int nr, off_t pos, bool write)
{
	static const char zeroes[4ul << 20];
	int self = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	size_t len = 0;

	assert_true(self >= 0);
	for (int i = 0; i < nr; i++) {
		const char *start = pieces[i].iov_base;
		const char *end = start + pieces[i].iov_len;

		len += pieces[i].iov_len;
		/* Page by page: some are not there. */
		while (!write && start < end) {
			size_t step = PAGE - (uintptr_t)start % PAGE;

			if (step > (size_t)(end - start))
				step = (size_t)(end - start);
			if (pwrite(self, zeroes, step,
				   (off_t)(uintptr_t)start) < 0)
				errno = 0;
			start += step;
		}
	}
	close(self);
	if (write && len)
		disk_put(&disk, zeroes,
			 len < FIELD - POSITIONS ? len : FIELD - POSITIONS,
			 (uint64_t)pos);
}

static void random_call(struct dice *dice)
{
	struct iovec pieces[MOST_PIECES];
	int nr = dice_one_in(dice, 2) ? 1
				      : 1 + (int)dice_roll(dice, MOST_PIECES);
	size_t unit = dice_one_in(dice, 10) ? 1 : disk.block;
	off_t pos = (off_t)(dice_roll(dice, POSITIONS / unit) * unit);
	bool write = dice_one_in(dice, 2);
	int flags = dice_one_in(dice, 4) ? RWF_NOWAIT : 0;
	int64_t result;

	for (int i = 0; i < nr; i++)
		pieces[i] = random_piece(dice);
	if (nr == 1 && dice_one_in(dice, 8))
		pieces[0].iov_len = dice_roll(dice, (3ul << 20) / PAGE) * PAGE;
	/* Now and then all is as the disk wants it. */
	for (int i = 0; unit != 1 && dice_one_in(dice, 2) && i < nr; i++)
		pieces[i].iov_len -= pieces[i].iov_len % disk.block;
	result = write ? pwritev2(disk.direct, pieces, nr, pos, flags)
		       : preadv2(disk.direct, pieces, nr, pos, flags);
	if (result < 0)
		result = -errno;
	/*
	 * How far a call comes without waiting is up to the number of requests
	 * that it becomes, which is what the kernels differ in.
	 */
	if (flags && result == -EAGAIN) {
		result = write ? pwritev2(disk.direct, pieces, nr, pos, 0)
			       : preadv2(disk.direct, pieces, nr, pos, 0);
		if (result < 0)
			result = -errno;
	}
	take(&result, sizeof(result));
	if (result < 0)
		forget(pieces, nr, pos, write);
}

static uint64_t digest_of(uint32_t seed)
{
	struct dice dice = dice_with_seed(seed);
	static char field[FIELD];

	digest = 0xcbf29ce484222325;
	pattern_fill(field, FIELD, seed);
	/* The pattern depends on addresses, which are the same in each kernel. */
	disk_put(&disk, field, FIELD, 0);
	lay_out(&dice);
	for (int i = 0; i < CALLS; i++)
		random_call(&dice);
	take_memory();
	disk_get(&disk, field, FIELD, 0);
	take_words(field, FIELD);
	return digest;
}

static void test_digests(void)
{
	unsigned int rounds = dio_rounds(12);

	dio_open(&disk);
	for (uint32_t seed = dio_seed(); rounds--; seed++)
		note("digest %s %u: %016llx", disk.name, seed,
		     (unsigned long long)digest_of(seed));
	disk_close();
}

static void setup(void)
{
	arena = island_map(ARENA, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static const struct test_case tests[] = {
	TEST_EACH(test_digests, disk_kinds),
};

TEST_MAIN(.setup = setup)
