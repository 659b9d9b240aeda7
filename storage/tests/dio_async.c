// SPDX-License-Identifier: GPL-2.0-only
/*
 * Direct I/O that nobody waits for: many transfers at once, completed by an
 * interrupt or a poll, of more folios than an interrupt handler releases, and
 * without waiting. The bytes are the right ones, and nothing stays pinned, which
 * the harness looks at after each test.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/aio_abi.h>
#include <linux/nvme_ioctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "dio_case.h"
#include "harness.h"
#include "page_frames.h"
#include "pattern.h"

#define PAGE 4096ul
#define KIB 1024ul
#define MIB (1024 * KIB)
#define DEPTH 8
#define HUGE (2 * MIB)
#define FOLIOS_IN_INTERRUPTS 512

static struct disk disk;

/* Transfers that are in flight together, each with its own memory and place. */
struct transfer {
	char *memory;
	size_t len;
	off_t pos;
	ssize_t moved;
};

/* Submit all, then wait for all. */
typedef void exchange_fn(int fd, bool write, struct transfer *transfers,
			 int nr);

static void by_rings(int fd, bool write, struct transfer *transfers, int nr,
		     unsigned int flags)
{
	struct io_uring ring;

	assert_int_equal(io_uring_queue_init(DEPTH, &ring, flags), 0);
	for (int i = 0; i < nr; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
		struct transfer *transfer = &transfers[i];

		if (write)
			io_uring_prep_write(sqe, fd, transfer->memory,
					    (unsigned int)transfer->len,
					    (uint64_t)transfer->pos);
		else
			io_uring_prep_read(sqe, fd, transfer->memory,
					   (unsigned int)transfer->len,
					   (uint64_t)transfer->pos);
		io_uring_sqe_set_data(sqe, transfer);
	}
	assert_int_equal(io_uring_submit(&ring), nr);
	for (int i = 0; i < nr; i++) {
		struct io_uring_cqe *cqe;
		struct transfer *transfer;

		assert_int_equal(io_uring_wait_cqe(&ring, &cqe), 0);
		transfer = io_uring_cqe_get_data(cqe);
		transfer->moved = cqe->res;
		io_uring_cqe_seen(&ring, cqe);
	}
	io_uring_queue_exit(&ring);
}

static void by_ring(int fd, bool write, struct transfer *transfers, int nr)
{
	by_rings(fd, write, transfers, nr, 0);
}

static void by_polled_ring(int fd, bool write, struct transfer *transfers,
			   int nr)
{
	by_rings(fd, write, transfers, nr, IORING_SETUP_IOPOLL);
}

static void by_aio(int fd, bool write, struct transfer *transfers, int nr)
{
	struct iocb iocbs[DEPTH] = {}, *list[DEPTH];
	struct io_event events[DEPTH];
	aio_context_t context = 0;

	if (syscall(SYS_io_setup, DEPTH, &context)) {
		if (errno == ENOSYS)
			skip("this kernel has no AIO");
		fail("io_setup: %s", strerror(errno));
	}
	for (int i = 0; i < nr; i++) {
		iocbs[i] = (struct iocb){
			.aio_data = (uint64_t)(uintptr_t)&transfers[i],
			.aio_lio_opcode = write ? IOCB_CMD_PWRITE
						: IOCB_CMD_PREAD,
			.aio_fildes = (uint32_t)fd,
			.aio_buf = (uint64_t)(uintptr_t)transfers[i].memory,
			.aio_nbytes = transfers[i].len,
			.aio_offset = transfers[i].pos,
		};
		list[i] = &iocbs[i];
	}
	assert_int_equal(syscall(SYS_io_submit, context, nr, list), nr);
	assert_int_equal(
		syscall(SYS_io_getevents, context, nr, nr, events, NULL), nr);
	for (int i = 0; i < nr; i++) {
		struct transfer *transfer = (void *)(uintptr_t)events[i].data;

		transfer->moved = (ssize_t)events[i].res;
	}
	assert_int_equal(syscall(SYS_io_destroy, context), 0);
}

/* Requests without a bio that anyone ends: who sent them unpins. */
static void by_passthrough(int fd, bool write, struct transfer *transfers,
			   int nr)
{
	int nsid = ioctl(fd, NVME_IOCTL_ID);

	if (nsid < 0)
		skip("%s takes no NVMe commands", disk.name);
	for (int i = 0; i < nr; i++) {
		struct transfer *transfer = &transfers[i];
		struct nvme_passthru_cmd command = {
			.opcode = write ? 1 : 2,
			.nsid = (uint32_t)nsid,
			.addr = (uintptr_t)transfer->memory,
			.data_len = (uint32_t)transfer->len,
			.cdw10 = (uint32_t)(transfer->pos / 512),
			.cdw12 = (uint32_t)(transfer->len / 512 - 1),
		};

		transfer->moved = ioctl(fd, NVME_IOCTL_IO_CMD, &command)
					  ? -errno
					  : (ssize_t)transfer->len;
	}
}

static void must_have_moved(const struct transfer *transfers, int nr)
{
	for (int i = 0; i < nr; i++)
		if (transfers[i].moved != (ssize_t)transfers[i].len)
			fail("%s: %zd of %zu bytes at %lld", disk.name,
			     transfers[i].moved, transfers[i].len,
			     (long long)transfers[i].pos);
}

/* There and back, through the same memory. */
static void exchange_and_compare(exchange_fn *exchange,
				 struct transfer *transfers, int nr)
{
	for (int i = 0; i < nr; i++)
		pattern_fill(transfers[i].memory, transfers[i].len,
			     (uint64_t)i);
	exchange(disk.direct, true, transfers, nr);
	must_have_moved(transfers, nr);
	for (int i = 0; i < nr; i++)
		memset(transfers[i].memory, 0x55, transfers[i].len);
	exchange(disk.direct, false, transfers, nr);
	must_have_moved(transfers, nr);
	for (int i = 0; i < nr; i++)
		if (pattern_mismatch(transfers[i].memory, transfers[i].len,
				     (uint64_t)i))
			fail("%s: transfer %d of %zu bytes is not what was "
			     "written",
			     disk.name, i, transfers[i].len);
}

static void many_at_once(exchange_fn *exchange)
{
	static const size_t lens[] = { 4 * KIB,	  512,	     64 * KIB,
				       132 * KIB, MIB + 512, 2 * MIB };
	struct dice dice = dice_with_seed(dio_seed());
	unsigned int rounds = dio_rounds(8);

	dio_open(&disk);
	while (rounds--) {
		size_t used[PHYR_BACKING_KINDS] = {};
		struct transfer transfers[DEPTH];

		for (int i = 0; i < DEPTH; i++) {
			struct phyr_backing *backing = dio_any_backing(&dice);
			size_t len = lens[dice_roll(&dice, ARRAY_SIZE(lens))];

			transfers[i] = (struct transfer){
				.memory = (char *)backing->addr +
					  used[backing->kind] + 512,
				.len = len,
				.pos = (off_t)((size_t)i * 4 * MIB),
			};
			used[backing->kind] += len + PAGE;
		}
		exchange_and_compare(exchange, transfers, DEPTH);
	}
	disk_close();
}

static void test_ring(void)
{
	many_at_once(by_ring);
}

static void test_aio(void)
{
	many_at_once(by_aio);
}

/* Small folios that are physical neighbours, as vectors may span many of them. */
static char *split_hugepages(size_t len)
{
	char *memory = mmap(NULL, len + HUGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t neighbours = 0;

	assert_ptr_not_equal(memory, MAP_FAILED);
	memory += HUGE - (uintptr_t)memory % HUGE;
	madvise(memory, len, MADV_HUGEPAGE);
	memset(memory, 1, len);
	/* Advice about a part of a huge page splits it. */
	for (size_t at = 0; at < len; at += HUGE)
		if (madvise(memory + at + PAGE, PAGE, MADV_COLD))
			skip("madvise: %s", strerror(errno));
	for (size_t at = PAGE; at < len; at += PAGE)
		neighbours += page_frame(getpid(), memory + at) ==
			      page_frame(getpid(), memory + at - PAGE) + 1;
	if (neighbours < 2 * FOLIOS_IN_INTERRUPTS - 8)
		skip("%zu of %zu pages are neighbours", neighbours, len / PAGE);
	return memory;
}

static void many_folios(exchange_fn *exchange)
{
	const size_t len = 2 * HUGE + 16 * KIB;
	struct transfer transfer = { .len = len, .pos = (off_t)(3 * PAGE) };
	char *memory;

	dio_open(&disk);
	memory = split_hugepages(3 * HUGE);
	/* From within the first page, and from its beginning. */
	for (size_t offset = 0; offset <= 512; offset += 512) {
		transfer.memory = memory + PAGE + offset;
		exchange_and_compare(exchange, &transfer, 1);
		/* As many as are still released by an interrupt handler. */
		transfer.len = FOLIOS_IN_INTERRUPTS * PAGE;
		exchange_and_compare(exchange, &transfer, 1);
		transfer.len = len;
	}
	disk_close();
	munmap(memory, 3 * HUGE);
}

static void test_many_folios_ring(void)
{
	many_folios(by_ring);
}

static void test_many_folios_aio(void)
{
	many_folios(by_aio);
}

static void test_many_folios_polled(void)
{
	many_folios(by_polled_ring);
}

static void test_many_folios_passthrough(void)
{
	many_folios(by_passthrough);
}

/* All, as much as there is, or EAGAIN; and what says all has moved all. */
static void test_nowait(void)
{
	static const size_t lens[] = { 512, 4 * KIB, 60 * KIB, MIB, 8 * MIB };

	dio_open(&disk);
	for (int kind = 0; kind < PHYR_BACKING_KINDS; kind++) {
		for (size_t i = 0; dio_backings[kind] && i < ARRAY_SIZE(lens);
		     i++) {
			struct iovec one = {
				(char *)dio_backings[kind]->addr + PAGE,
				lens[i],
			};
			ssize_t moved;

			pattern_fill(one.iov_base, one.iov_len, i);
			moved = pwritev2(disk.direct, &one, 1, 0, RWF_NOWAIT);
			if (moved < 0 && errno == EOPNOTSUPP)
				skip("%s cannot", disk.name);
			if (moved < 0)
				assert_errno_equal(errno, EAGAIN);
			else
				assert_int_equal(moved, one.iov_len);
			if (moved < 0)
				assert_int_equal(pwritev(disk.direct, &one, 1,
							 0),
						 one.iov_len);
			memset(one.iov_base, 0x55, one.iov_len);
			moved = preadv2(disk.direct, &one, 1, 0, RWF_NOWAIT);
			if (moved < 0) {
				assert_errno_equal(errno, EAGAIN);
				continue;
			}
			assert_int_equal(moved, one.iov_len);
			assert_null(
				pattern_mismatch(one.iov_base, one.iov_len, i));
		}
	}
	disk_close();
}

/* What has to be split may have to wait: that is said before any of it moves. */
static void test_nowait_split(void)
{
	struct iovec one = { NULL, 4 * MIB };
	int fd = open("/dev/phyr/nvme-small", O_RDONLY | O_DIRECT | O_CLOEXEC);

	if (fd < 0)
		skip("no drive of small requests");
	for (int kind = 0; kind < PHYR_BACKING_KINDS; kind++) {
		if (!dio_backings[kind])
			continue;
		one.iov_base = dio_backings[kind]->addr;
		assert_int_equal(preadv2(fd, &one, 1, 0, RWF_NOWAIT), -1);
		assert_errno_equal(errno, EAGAIN);
		assert_int_equal(preadv(fd, &one, 1, 0), one.iov_len);
	}
	close(fd);
}

static int polled(struct io_uring *ring, bool write, bool fixed,
		  const struct transfer *transfer)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	unsigned int len = (unsigned int)transfer->len;
	uint64_t pos = (uint64_t)transfer->pos;
	struct io_uring_cqe *cqe;
	int moved;

	if (write && fixed)
		io_uring_prep_write_fixed(sqe, disk.direct, transfer->memory,
					  len, pos, 0);
	else if (write)
		io_uring_prep_write(sqe, disk.direct, transfer->memory, len,
				    pos);
	else if (fixed)
		io_uring_prep_read_fixed(sqe, disk.direct, transfer->memory,
					 len, pos, 0);
	else
		io_uring_prep_read(sqe, disk.direct, transfer->memory, len,
				   pos);
	assert_int_equal(io_uring_submit(ring), 1);
	assert_int_equal(io_uring_wait_cqe(ring, &cqe), 0);
	moved = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	return moved;
}

static void test_polled(void)
{
	static const size_t lens[] = { 512, 4 * KIB, 60 * KIB, MIB + 512,
				       8 * MIB };

	dio_open(&disk);
	for (int kind = 0; kind < PHYR_BACKING_KINDS; kind++) {
		const struct phyr_backing *backing = dio_backings[kind];
		struct io_uring ring;
		struct iovec buffer;

		if (!backing)
			continue;
		assert_int_equal(
			io_uring_queue_init(4, &ring, IORING_SETUP_IOPOLL), 0);
		buffer = (struct iovec){ backing->addr, 9 * MIB };
		assert_int_equal(io_uring_register_buffers(&ring, &buffer, 1),
				 0);
		for (size_t i = 0; i < 2 * ARRAY_SIZE(lens); i++) {
			const struct transfer transfer = {
				.memory = (char *)backing->addr + PAGE,
				.len = lens[i / 2],
			};
			bool fixed = i % 2;

			pattern_fill(transfer.memory, transfer.len, i);
			if (polled(&ring, true, fixed, &transfer) ==
			    -EOPNOTSUPP)
				skip("%s has no queue for polling", disk.name);
			memset(transfer.memory, 0x55, transfer.len);
			assert_int_equal(polled(&ring, false, fixed, &transfer),
					 transfer.len);
			assert_null(pattern_mismatch(transfer.memory,
						     transfer.len, i));
		}
		io_uring_queue_exit(&ring);
	}
	disk_close();
}

static void setup(void)
{
	struct io_uring ring;
	int status = io_uring_queue_init(DEPTH, &ring, 0);

	if (status)
		skip("no io_uring: %s", strerror(-status));
	io_uring_queue_exit(&ring);
	dio_case_setup();
}

/* Whose answers come by interrupt, and what is made of these. */
static const struct {
	const char *name;
} answers_later[] = {
	{ "null-async" }, { "nvme" },  { "virtio" }, { "ext4" },
	{ "xfs" },	  { "crypt" }, { "raid1" },  { "loop" },
};

/* Whose queue may be polled. */
static const struct {
	const char *name;
} drives[] = { { "nvme" }, { "virtio" } };

static const struct test_case tests[] = {
	TEST_EACH(test_ring, answers_later),
	TEST_EACH(test_aio, answers_later),
	TEST_EACH(test_many_folios_ring, answers_later),
	TEST_EACH(test_many_folios_aio, answers_later),
	TEST_EACH(test_nowait, answers_later),
	TEST(test_nowait_split),
	TEST_EACH(test_polled, drives),
	TEST_EACH(test_many_folios_polled, drives),
	TEST_EACH(test_many_folios_passthrough, drives),
};

TEST_MAIN(.setup = setup, .teardown = dio_case_teardown)
