// SPDX-License-Identifier: GPL-2.0-only
/*
 * Direct I/O that a suspended device holds up, as one range of a bio or as many
 * bios that borrow the memory of one direct I/O: whatever has become of the
 * memory or the device when it goes on, data and errors arrive, and the memory is
 * dirty and not pinned afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "disk.h"
#include "dm.h"
#include "harness.h"
#include "pattern.h"
#include "pins.h"
#include "stack.h"

#define PAGE 4096ul
#define PIECE (4 * PAGE)
#define LEN (64 * PIECE)

static char path[DISK_PATH];
static int source = -1;
/* What is read: each second piece of a file is a hole. */
static char data[LEN] __attribute__((aligned(PAGE)));

struct transfer {
	pthread_t thread;
	char *memory;
	ssize_t moved;
};

static void *read_all(void *argument)
{
	struct transfer *transfer = argument;

	transfer->moved = pread(source, transfer->memory, LEN, 0);
	if (transfer->moved < 0)
		transfer->moved = -errno;
	return NULL;
}

/* The same, without a task that waits for it in the kernel. */
static void *read_all_by_ring(void *argument)
{
	struct transfer *transfer = argument;
	struct io_uring_cqe *cqe;
	struct io_uring ring;

	transfer->moved = io_uring_queue_init(2, &ring, 0);
	if (transfer->moved)
		return NULL;
	io_uring_prep_read(io_uring_get_sqe(&ring), source, transfer->memory,
			   LEN, 0);
	if (io_uring_submit_and_wait(&ring, 1) == 1 &&
	    !io_uring_wait_cqe(&ring, &cqe))
		transfer->moved = cqe->res;
	io_uring_queue_exit(&ring);
	return NULL;
}

static void fill_source(bool holes)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	pattern_fill(data, LEN, 1);
	if (holes)
		assert_int_equal(ftruncate(fd, LEN), 0);
	for (size_t at = 0; at < LEN; at += PIECE)
		if (holes && at / PIECE % 2)
			memset(data + at, 0, PIECE);
		else
			assert_int_equal(
				pwrite(fd, data + at, PIECE, (off_t)at), PIECE);
	assert_int_equal(fsync(fd), 0);
	assert_int_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
	close(fd);
	source = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	assert_true(source >= 0);
}

#define WHERE "/tmp/held"

static void close_source(void)
{
	if (source >= 0)
		close(source);
	source = -1;
	umount2(WHERE, MNT_DETACH);
	stack_remove();
}

static void open_source(const char *name)
{
	char below[DISK_PATH];
	bool file = strcmp(name, "device");
	int status;

	disk_make_null("nullb_below", 512, 0, below);
	/* What a test that failed has left. */
	close_source();
	status = stack_mapped("linear", below, path);
	if (status)
		skip("no dm-linear: %s", strerror(-status));
	if (file) {
		disk_make_file_system(name, path, WHERE);
		snprintf(path, sizeof(path), WHERE "/file");
	}
	fill_source(file);
}

/* Until all is submitted, as far as it is before the device goes on. */
static void begin(struct transfer *transfer, void *(*how)(void *), char *memory,
		  long before)
{
	assert_int_equal(dm_suspend(STACK_MAPPED), 0);
	transfer->memory = memory;
	assert_int_equal(pthread_create(&transfer->thread, NULL, how, transfer),
			 0);
	for (int tries = 0; pins_quiet() <= before; tries++)
		if (tries == 200) {
			dm_resume(STACK_MAPPED);
			fail("no pins of a transfer that is held up");
		}
}

static ssize_t end(struct transfer *transfer)
{
	assert_int_equal(dm_resume(STACK_MAPPED), 0);
	assert_int_equal(pthread_join(transfer->thread, NULL), 0);
	return transfer->moved;
}

static char *map(int flags, int fd)
{
	char *memory = mmap(NULL, LEN, PROT_READ | PROT_WRITE, flags, fd, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	memset(memory, 'm', LEN);
	return memory;
}

static const struct source {
	const char *name;
	const char *of;
	void *(*how)(void *);
} sources[] = {
	{ "device", "device", read_all },
	{ "device-ring", "device", read_all_by_ring },
	{ "ext4", "ext4", read_all },
	{ "ext4-ring", "ext4", read_all_by_ring },
};

static void test_unmapped(void)
{
	const struct source *element = test_element();
	struct transfer transfer;
	char *memory;
	long before;

	open_source(element->of);
	memory = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	before = pins_quiet();
	begin(&transfer, element->how, memory, before);
	assert_int_equal(munmap(memory, LEN), 0);
	assert_int_equal(end(&transfer), LEN);
	assert_pins(before);
	close_source();
}

/* What was written back before the data came is written back once more. */
static void test_cleaned(void)
{
	const struct source *element = test_element();
	static const char name[] = "/tmp/cleaned/file";
	static char found[LEN];
	struct transfer transfer;
	char *memory;
	long before;
	int fd;

	open_source(element->of);
	disk_make_file_system("ext4", "/dev/ram0", "/tmp/cleaned");
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, LEN), 0);
	memory = map(MAP_SHARED, fd);
	before = pins_quiet();
	begin(&transfer, element->how, memory, before);
	assert_int_equal(fsync(fd), 0);
	assert_int_equal(end(&transfer), LEN);
	assert_pins(before);
	munmap(memory, LEN);
	assert_int_equal(fsync(fd), 0);
	assert_int_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
	assert_int_equal(pread(fd, found, LEN, 0), LEN);
	close(fd);
	umount2("/tmp/cleaned", MNT_DETACH);
	assert_memory_equal(found, data, LEN);
	close_source();
}

/* The device goes on as one that only has errors. */
static void test_errors(void)
{
	const struct dm_part broken = { 0, DISK_SIZE >> 9, "error", "" };
	const struct source *element = test_element();
	struct transfer transfer;
	char *memory;
	long before;

	open_source(element->of);
	memory = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	before = pins_quiet();
	begin(&transfer, element->how, memory, before);
	assert_int_equal(dm_load(STACK_MAPPED, &broken, 1), 0);
	assert_int_equal(end(&transfer), -EIO);
	assert_pins(before);
	munmap(memory, LEN);
	close_source();
}

static void test_killed(void)
{
	const struct source *element = test_element();
	struct transfer transfer = {};
	long before;
	int status;
	pid_t pid;

	open_source(element->of);
	transfer.memory = map(MAP_SHARED | MAP_ANONYMOUS, -1);
	before = pins_quiet();
	assert_int_equal(dm_suspend(STACK_MAPPED), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		element->how(&transfer);
		_exit(0);
	}
	for (int tries = 0; pins_quiet() <= before; tries++)
		if (tries == 200)
			fail("no pins of a transfer that is held up");
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(dm_resume(STACK_MAPPED), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_pins(before);
	munmap(transfer.memory, LEN);
	close_source();
}

static const struct test_case tests[] = {
	TEST_EACH(test_unmapped, sources),
	TEST_EACH(test_cleaned, sources),
	TEST_EACH(test_errors, sources),
	TEST_EACH(test_killed, sources),
};

TEST_MAIN()
