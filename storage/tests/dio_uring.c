// SPDX-License-Identifier: GPL-2.0-only
/*
 * io_uring moves the right bytes between disks and registered buffers: of each
 * kind of memory, at each place of a buffer, whole and in vectors; and what it
 * must refuse, it refuses.
 *
 * An index computed wrongly, an offset counted twice or a length cut at another
 * folio than the buffer's changes a byte.
 */
#include <errno.h>
#include <liburing.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dio_case.h"
#include "harness.h"
#include "island.h"
#include "pattern.h"

#define PAGE 4096ul
#define KIB 1024ul
#define MIB (1024 * KIB)
#define HEAD 512 /* of the first page, which the buffer leaves out */

static struct disk disk;
static struct io_uring ring;
static const struct phyr_backing *registered;

static void setup(void)
{
	int status = io_uring_queue_init(8, &ring, 0);

	if (status)
		skip("no io_uring: %s", strerror(-status));
	io_uring_queue_exit(&ring);
	dio_case_setup();
}

static void teardown(void)
{
	dio_case_teardown();
}

/* A buffer that begins and ends within a page. */
static void register_backing(const struct phyr_backing *backing)
{
	struct iovec buffer = { (char *)backing->addr + PAGE + HEAD,
				backing->mapped - 2 * PAGE - 1024 };
	int status;

	assert_int_equal(io_uring_queue_init(8, &ring, 0), 0);
	status = io_uring_register_buffers(&ring, &buffer, 1);
	if (status)
		fail("registering %s: %s", phyr_backing_name(backing->kind),
		     strerror(-status));
	registered = backing;
}

static void unregister(void)
{
	assert_int_equal(io_uring_unregister_buffers(&ring), 0);
	io_uring_queue_exit(&ring);
}

static ssize_t complete(void)
{
	struct io_uring_cqe *cqe;
	ssize_t result;

	assert_int_equal(io_uring_submit(&ring), 1);
	assert_int_equal(io_uring_wait_cqe(&ring, &cqe), 0);
	result = cqe->res;
	io_uring_cqe_seen(&ring, cqe);
	if (result < 0) {
		errno = (int)-result;
		return -1;
	}
	return result;
}

/* One piece, from or to the buffer. */
static ssize_t fixed(int fd, bool write, const struct iovec *pieces, int nr,
		     off_t pos)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
	unsigned int len = (unsigned int)pieces->iov_len;

	assert_int_equal(nr, 1);
	if (write)
		io_uring_prep_write_fixed(sqe, fd, pieces->iov_base, len,
					  (uint64_t)pos, 0);
	else
		io_uring_prep_read_fixed(sqe, fd, pieces->iov_base, len,
					 (uint64_t)pos, 0);
	return complete();
}

/* Of any memory, which is pinned for the request alone. */
static ssize_t unregistered(int fd, bool write, const struct iovec *pieces,
			    int nr, off_t pos)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	if (write)
		io_uring_prep_writev(sqe, fd, pieces, (unsigned int)nr,
				     (uint64_t)pos);
	else
		io_uring_prep_readv(sqe, fd, pieces, (unsigned int)nr,
				    (uint64_t)pos);
	return complete();
}

/* Newer than liburing's header. */
#define OP_READV_FIXED 60
#define OP_WRITEV_FIXED 61

static ssize_t fixed_vector(int fd, bool write, const struct iovec *pieces,
			    int nr, off_t pos)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	io_uring_prep_readv(sqe, fd, pieces, (unsigned int)nr, (uint64_t)pos);
	sqe->opcode = write ? OP_WRITEV_FIXED : OP_READV_FIXED;
	sqe->buf_index = 0;
	return complete();
}

static bool has_fixed_vectors(void)
{
	struct io_uring_probe *probe = io_uring_get_probe();
	bool has = probe && io_uring_opcode_supported(probe, OP_READV_FIXED);

	io_uring_free_probe(probe);
	return has;
}

/* Of the buffer; a byte of it is left before and behind. */
static struct iovec piece(struct dice *dice, size_t most)
{
	size_t len = disk.block * (1 + dice_roll(dice, most / disk.block));
	size_t room = registered->mapped - 4 * PAGE - len;
	size_t offset = 2 * PAGE + dice_roll(dice, room / 512) * 512;

	return (struct iovec){ (char *)registered->addr + offset, len };
}

static uint64_t any_position(struct dice *dice, size_t len)
{
	return dice_roll(dice, (DISK_SIZE - len) / disk.block) * disk.block;
}

static void test_fixed(void)
{
	static const size_t most[] = { 512, 4608, 64 * KIB, MIB, 9 * MIB };
	struct dice dice = dice_with_seed(dio_seed());

	dio_open(&disk);
	for (int kind = 0; kind < PHYR_BACKING_KINDS; kind++) {
		unsigned int rounds = dio_rounds(ARRAY_SIZE(most));

		if (!dio_backings[kind])
			continue;
		register_backing(dio_backings[kind]);
		for (unsigned int i = 0; i < rounds; i++) {
			struct iovec one = piece(
				&dice, most[i % ARRAY_SIZE(most)] < disk.block
					       ? disk.block
					       : most[i % ARRAY_SIZE(most)]);

			dio_case(&disk, fixed, &one, 1,
				 any_position(&dice, one.iov_len));
		}
		unregister();
	}
	disk_close();
}

static void test_fixed_vectors(void)
{
	struct dice dice = dice_with_seed(dio_seed() + 1);

	if (!has_fixed_vectors())
		skip("this kernel has no vectored fixed I/O");
	dio_open(&disk);
	for (int kind = 0; kind < PHYR_BACKING_KINDS; kind++) {
		unsigned int rounds = dio_rounds(4);

		if (!dio_backings[kind])
			continue;
		register_backing(dio_backings[kind]);
		while (rounds--) {
			struct iovec pieces[16];
			int nr = 1 + (int)dice_roll(&dice, 16);
			const size_t apart = registered->mapped / 17;
			size_t len = 0;

			/* In any order, none upon another. */
			for (int i = 0; i < nr; i++) {
				size_t place = (size_t)(i * 7 % 16) * apart;

				pieces[i].iov_len =
					disk.block *
					(1 + dice_roll(&dice,
						       64 * KIB / disk.block));
				pieces[i].iov_base = (char *)registered->addr +
						     4 * PAGE +
						     place / 512 * 512;
				len += pieces[i].iov_len;
			}
			dio_case(&disk, fixed_vector, pieces, nr,
				 any_position(&dice, len));
		}
		unregister();
	}
	disk_close();
}

static void test_unregistered(void)
{
	struct dice dice = dice_with_seed(dio_seed() + 2);

	dio_open(&disk);
	for (int kind = 0; kind < PHYR_BACKING_KINDS; kind++) {
		unsigned int rounds = dio_rounds(4);

		if (!dio_backings[kind])
			continue;
		assert_int_equal(io_uring_queue_init(8, &ring, 0), 0);
		registered = dio_backings[kind];
		while (rounds--) {
			struct iovec one =
				piece(&dice, rounds % 2 ? 12 * MIB : 64 * KIB);

			dio_case(&disk, unregistered, &one, 1,
				 any_position(&dice, one.iov_len));
		}
		io_uring_queue_exit(&ring);
	}
	disk_close();
}

static int error_of(bool write, char *start, size_t len)
{
	struct iovec one = { start, len };

	errno = 0;
	return fixed(disk.direct, write, &one, 1, 0) < 0 ? errno : 0;
}

/* The buffer's bytes and no others. */
static void test_bounds(void)
{
	const struct phyr_backing *base = dio_backings[PHYR_BACKING_BASE];
	char *start = (char *)base->addr + PAGE + HEAD;
	const size_t len = base->mapped - 2 * PAGE - 1024;

	dio_open(&disk);
	register_backing(base);
	assert_errno_equal(error_of(false, start, PAGE), 0);
	assert_errno_equal(error_of(false, start - 512, PAGE), EFAULT);
	assert_errno_equal(error_of(false, start + len - PAGE, PAGE), 0);
	assert_errno_equal(error_of(false, start + len - PAGE + 512, PAGE),
			   EFAULT);
	assert_errno_equal(error_of(true, start + len, PAGE), EFAULT);
	assert_errno_equal(error_of(true, NULL, PAGE), EFAULT);
	unregister();
	disk_close();
}

/* All of a buffer is registered, or nothing is pinned. */
static void test_bad_buffers(void)
{
	char *memory = island_map(16 * PAGE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1);
	struct iovec buffers[] = { { memory, 16 * PAGE }, { memory, 0 } };
	static const size_t too_long[] = { 17 * PAGE, (1ul << 30) + 1, ~0ul };

	assert_int_equal(io_uring_queue_init(8, &ring, 0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(too_long); i++) {
		buffers[1] = (struct iovec){ memory, too_long[i] };
		assert_true(io_uring_register_buffers(&ring, buffers, 2) < 0);
	}
	buffers[1] = (struct iovec){ memory + 16 * PAGE, PAGE };
	assert_int_equal(io_uring_register_buffers(&ring, buffers, 2), -EFAULT);
	assert_int_equal(mprotect(memory + 8 * PAGE, PAGE, PROT_READ), 0);
	assert_int_equal(io_uring_register_buffers(&ring, buffers, 1), -EFAULT);
	assert_int_equal(
		mprotect(memory + 8 * PAGE, PAGE, PROT_READ | PROT_WRITE), 0);
	assert_int_equal(io_uring_register_buffers(&ring, buffers, 1), 0);
	assert_int_equal(io_uring_register_buffers(&ring, buffers, 1), -EBUSY);
	/* The ring has its pages, whatever becomes of the mapping. */
	assert_int_equal(munmap(memory, 16 * PAGE), 0);
	io_uring_queue_exit(&ring);
}

static const struct test_case tests[] = {
	TEST_EACH(test_fixed, disk_kinds),
	TEST_EACH(test_fixed_vectors, disk_kinds),
	TEST_EACH(test_unregistered, disk_kinds),
	TEST_EACH(test_bounds, disk_kinds),
	TEST(test_bad_buffers),
};

TEST_MAIN(.setup = setup, .teardown = teardown)
