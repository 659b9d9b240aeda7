// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory is pinned from the submission of direct I/O to its completion, and not
 * a moment longer: whatever has become of the process, the mapping, the file
 * behind it or the device meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <phyr/backing.h>

#include "disk.h"
#include "harness.h"
#include "pins.h"

#define PAGE 4096ul
#define PAGES 256
#define LEN (PAGES * PAGE)
#define ANSWER_NS 400000000ull

static int slow; /* a disk that answers after ANSWER_NS */

static int open_slow(const char *name, size_t block)
{
	char path[DISK_PATH];
	int fd;

	disk_make_null(name, block, ANSWER_NS, path);
	fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (fd < 0)
		fail("%s: %s", path, strerror(errno));
	return fd;
}

static void setup(void)
{
	slow = open_slow("nullb_slow", 512);
}

static char *map(int flags, int fd)
{
	char *memory = mmap(NULL, LEN, PROT_READ | PROT_WRITE, flags, fd, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	memset(memory, 'm', LEN);
	return memory;
}

static void await_pins(long more_than, long pages)
{
	for (int tries = 0; pins_held() < more_than + pages; tries++) {
		if (tries == 1000)
			fail("no pins of a transfer in flight");
		usleep(1000);
	}
}

struct transfer {
	pthread_t thread;
	int fd;
	char *memory;
	size_t len;
	ssize_t moved;
};

static void *read_slowly(void *argument)
{
	struct transfer *transfer = argument;

	transfer->moved =
		pread(transfer->fd, transfer->memory, transfer->len, 0);
	return NULL;
}

/* Until the pages of it are pinned. */
static void begin_transfer(struct transfer *transfer, long before, long pages)
{
	assert_int_equal(pthread_create(&transfer->thread, NULL, read_slowly,
					transfer),
			 0);
	await_pins(before, pages);
}

static void begin(struct transfer *transfer, char *memory, long before)
{
	*transfer = (struct transfer){
		.fd = slow,
		.memory = memory,
		.len = LEN,
	};
	begin_transfer(transfer, before, PAGES);
}

static void end(struct transfer *transfer, long before)
{
	assert_int_equal(pthread_join(transfer->thread, NULL), 0);
	assert_int_equal(transfer->moved, (ssize_t)transfer->len);
	assert_pins(before);
}

static void test_held_as_long_as_it_takes(void)
{
	char *memory = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	long before = pins_quiet();
	struct transfer transfer;

	begin(&transfer, memory, before);
	assert_int_equal(pins_held(), before + PAGES);
	end(&transfer, before);
	munmap(memory, LEN);
}

/*
 * No border of a block is one of a page: if memory was pinned piece by piece, a
 * page at the border of two would have a pin of each.
 */
static void test_blocks_across_pages(void)
{
	struct transfer transfer = { .len = 32 * PAGE };
	struct phyr_backing *backing;
	struct phyr_error error;
	long before;

	if (phyr_backing_create(PHYR_BACKING_BASE, 64 * PAGE, &backing, &error))
		skip("no scattered pages: %s", error.message);
	transfer.fd = open_slow("nullb_slow_4k", 4096);
	transfer.memory = (char *)backing->addr + 512;
	before = pins_quiet();
	begin_transfer(&transfer, before, 33);
	assert_int_equal(pins_held(), before + 33);
	end(&transfer, before);
	close(transfer.fd);
	phyr_backing_destroy(backing);
}

static void test_unmapped(void)
{
	char *memory = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	long before = pins_quiet();
	struct transfer transfer;

	begin(&transfer, memory, before);
	assert_int_equal(munmap(memory, LEN), 0);
	assert_int_equal(pins_held(), before + PAGES);
	end(&transfer, before);
}

/* The pages are not the file's any more, but still the transfer's. */
static void test_truncated(void)
{
	int fd = memfd_create("truncated", MFD_CLOEXEC);
	long before = pins_quiet();
	struct transfer transfer;
	char *memory;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, LEN), 0);
	memory = map(MAP_SHARED, fd);
	begin(&transfer, memory, before);
	assert_int_equal(ftruncate(fd, 0), 0);
	end(&transfer, before);
	munmap(memory, LEN);
	close(fd);
}

static void test_replaced(void)
{
	char *memory = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	long before = pins_quiet();
	struct transfer transfer;

	begin(&transfer, memory, before);
	assert_ptr_equal(mmap(memory, LEN, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
			 memory);
	memset(memory, 'n', LEN);
	end(&transfer, before);
	for (size_t i = 0; i < LEN; i++)
		assert_int_equal(memory[i], 'n');
	munmap(memory, LEN);
}

static void kill_in_flight(void (*child)(char *memory))
{
	char *memory = map(MAP_SHARED | MAP_ANONYMOUS, -1);
	long before = pins_quiet();
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		child(memory);
		_exit(0);
	}
	await_pins(before, PAGES);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_pins(before);
	munmap(memory, LEN);
}

static void read_for_ever(char *memory)
{
	for (;;)
		if (pread(slow, memory, LEN, 0) < 0)
			_exit(1);
}

static void test_killed(void)
{
	kill_in_flight(read_for_ever);
}

static void submit_and_wait(char *memory)
{
	struct io_uring_sqe *sqe;
	struct io_uring ring;

	if (io_uring_queue_init(4, &ring, 0))
		_exit(1);
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_read(sqe, slow, memory, LEN, 0);
	io_uring_submit(&ring);
	pause();
}

static void test_killed_with_a_ring(void)
{
	struct io_uring ring;

	if (io_uring_queue_init(4, &ring, 0))
		skip("no io_uring");
	io_uring_queue_exit(&ring);
	kill_in_flight(submit_and_wait);
}

static const struct driver {
	const char *name;
	const char *folder;
	const char *drive;
} drivers[] = {
	{ "nvme", "/sys/bus/pci/drivers/nvme", "/dev/phyr/nvme-small" },
	{ "virtio", "/sys/bus/virtio/drivers/virtio_blk",
	  "/dev/phyr/virtio-null" },
};

/* What the driver of a drive calls it: a PCI address, or virtio0. */
static void find_device(const char *drive, char device[32])
{
	char node[PATH_MAX], path[PATH_MAX], link[64];
	FILE *file;

	if (!realpath(drive, node))
		skip("no %s", drive);
	snprintf(link, sizeof(link), "/sys/block/%.16s/device",
		 strrchr(node, '/') + 1);
	if (!realpath(link, path))
		fail("%s: %s", link, strerror(errno));
	snprintf(device, 32, "%.31s", strrchr(path, '/') + 1);
	strncat(path, "/address", sizeof(path) - strlen(path) - 1);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fscanf(file, "%31s", device) != 1)
		fail("%s: no address", path);
	fclose(file);
}

static void tell_driver(const struct driver *driver, const char *command,
			const char *device)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", driver->folder, command);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, device, strlen(device)) < 0)
		fail("%s: %s", path, strerror(errno));
	close(fd);
}

static void read_until_it_fails(int fd, char *memory)
{
	while (pread(fd, memory, LEN, 0) == (ssize_t)LEN)
		;
	_exit(0);
}

/* Several at once, of which all have to be told. */
static void submit_until_it_fails(int fd, char *memory)
{
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	bool failed = false;

	if (io_uring_queue_init(8, &ring, 0))
		_exit(0);
	while (!failed) {
		for (int i = 0; i < 8; i++)
			io_uring_prep_read(io_uring_get_sqe(&ring), fd, memory,
					   LEN, 0);
		if (io_uring_submit_and_wait(&ring, 8) != 8)
			_exit(2);
		for (int i = 0; i < 8; i++) {
			if (io_uring_wait_cqe(&ring, &cqe))
				_exit(3);
			failed |= cqe->res != (int)LEN;
			io_uring_cqe_seen(&ring, cqe);
		}
	}
	_exit(0);
}

/* Several read from a device that goes away: all are told, and nothing stays. */
static void test_device_goes_away(void)
{
	const struct driver *driver = test_element();
	char *memory = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	long before = pins_quiet();
	pid_t pids[4];
	char device[32];
	int status;

	find_device(driver->drive, device);
	fflush(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		int fd;

		pids[i] = fork();
		if (pids[i])
			continue;
		fd = open(driver->drive, O_RDONLY | O_DIRECT | O_CLOEXEC);
		if (fd < 0)
			_exit(1);
		if (i % 2)
			submit_until_it_fails(fd, memory);
		read_until_it_fails(fd, memory);
	}
	usleep(300000);
	tell_driver(driver, "unbind", device);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_pins(before);
	tell_driver(driver, "bind", device);
	munmap(memory, LEN);
}

static const struct test_case tests[] = {
	TEST(test_held_as_long_as_it_takes),
	TEST(test_blocks_across_pages),
	TEST(test_unmapped),
	TEST(test_truncated),
	TEST(test_replaced),
	TEST(test_killed),
	TEST(test_killed_with_a_ring),
	TEST_EACH(test_device_goes_away, drivers),
};

TEST_MAIN(.setup = setup)
