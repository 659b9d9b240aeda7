// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own users of RDMA: an NVMe disk in memory is exported over a
 * software device and used from this machine. The host registers the memory of
 * each request (ib_map_mr_sg(), fast registration), the target reads and writes
 * through that. Bytes are compared on both sides.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "dice.h"
#include "harness.h"
#include "nvme_target.h"
#include "pattern.h"

#define SECTOR 512ul
#define PAGE 4096ul
#define DISK_LEN (4ul << 20)
#define BUFFER_LEN (2ul << 20)
#define WAIT_MS 10000
#define ROUNDS 20
#define PIECES 8
#define READERS 3
#define READ_LEN (64ul << 10)
#define BREAKS 2

static const struct transport {
	const char *name;
	const char *device;
	const char *address;
} transports[] = {
	{ "rxe", "rxe0", "10.0.0.1" },
	{ "siw", "siw0", "10.0.1.1" },
};

static char *expected; /* of the whole disk */
static char *buffer;
static int backing = -1;

static char *map(size_t len)
{
	char *memory = mmap(NULL, len, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	return memory;
}

static void setup(void)
{
	backing = open(NVME_BACKING, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (backing < 0 || !nvme_target_possible())
		skip("no NVMe over RDMA in this kernel");
	expected = map(DISK_LEN);
	buffer = map(BUFFER_LEN);
}

/* What a device has; not its CQs, as it keeps those that users share. */
struct resources {
	unsigned int pds;
	unsigned int qps;
	unsigned int ids;
	unsigned int mrs;
};

static struct resources resources(const char *device)
{
	struct resources found;
	char command[64];
	FILE *output;

	snprintf(command, sizeof(command), "/usr/bin/rdma resource show %s",
		 device);
	output = popen(command, "r");
	assert_non_null(output);
	assert_int_equal(fscanf(output,
				"%*u: %*s pd %u cq %*u qp %u cm_id %u mr %u",
				&found.pds, &found.qps, &found.ids, &found.mrs),
			 4);
	pclose(output);
	return found;
}

static void assert_on_disk(const char *what, int fd, size_t at, size_t len)
{
	static char *read_back;

	if (!read_back)
		read_back = map(DISK_LEN);
	memset(read_back, 0, len);
	if (pread(fd, read_back, len, at) != (ssize_t)len)
		fail("%s: read of %zu bytes at %zu: %s", what, len, at,
		     strerror(errno));
	for (size_t i = 0; i < len; i++)
		if (read_back[i] != expected[at + i])
			fail("%s: byte %zu of %zu at %zu is %#x, not %#x", what,
			     i, len, at, read_back[i] & 0xff,
			     expected[at + i] & 0xff);
}

/* Both the disk as the host sees it and what lies below the target. */
static void assert_everywhere(int disk, size_t at, size_t len)
{
	assert_on_disk("backing", backing, at, len);
	assert_on_disk("disk", disk, at, len);
}

static void write_vectors(int disk, const struct iovec *vectors, int nr,
			  size_t at)
{
	size_t len = 0;

	for (int i = 0; i < nr; i++) {
		memcpy(expected + at + len, vectors[i].iov_base,
		       vectors[i].iov_len);
		len += vectors[i].iov_len;
	}
	if (pwritev(disk, vectors, nr, at) != (ssize_t)len)
		fail("write of %zu bytes in %d pieces at %zu: %s", len, nr, at,
		     strerror(errno));
	assert_everywhere(disk, at, len);
}

static void read_vectors(int disk, const struct iovec *vectors, int nr,
			 size_t at)
{
	size_t len = 0;

	for (int i = 0; i < nr; i++)
		len += vectors[i].iov_len;
	if (preadv(disk, vectors, nr, at) != (ssize_t)len)
		fail("read of %zu bytes in %d pieces at %zu: %s", len, nr, at,
		     strerror(errno));
	for (int i = 0; i < nr; i++) {
		if (memcmp(vectors[i].iov_base, expected + at,
			   vectors[i].iov_len))
			fail("piece %d of %d, read of %zu bytes", i, nr, len);
		at += vectors[i].iov_len;
	}
}

/* Where the first byte lies in its page, and how many bytes. */
static const struct shape {
	size_t offset;
	size_t len;
} shapes[] = {
	{ 0, SECTOR },	      { 4, SECTOR },	    { 0, PAGE },
	{ 512, PAGE },	      { 0, 16 * PAGE },	    { 1024, 16 * PAGE },
	{ 0, 256 * PAGE },    { 3584, 255 * PAGE }, { 0, 300 * PAGE + SECTOR },
	{ 4092, 8 * SECTOR },
};

static void use(int disk)
{
	struct dice dice = dice_with_seed(1);
	struct iovec vectors[PIECES];

	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		vectors[0].iov_base = buffer + shapes[i].offset;
		vectors[0].iov_len = shapes[i].len;
		pattern_fill(buffer, BUFFER_LEN, i + 2);
		write_vectors(disk, vectors, 1, i * 3 * SECTOR);
		memset(buffer, 0, BUFFER_LEN);
		read_vectors(disk, vectors, 1, i * 3 * SECTOR);
	}
	for (int round = 0; round < ROUNDS; round++) {
		int nr = 1 + dice_roll(&dice, PIECES);
		size_t at = dice_roll(&dice, DISK_LEN / SECTOR / 2) * SECTOR;
		char *next = buffer;

		for (int i = 0; i < nr; i++) {
			next += dice_roll(&dice, 2 * PAGE / 4) * 4;
			vectors[i].iov_base = next;
			vectors[i].iov_len =
				(1 + dice_roll(&dice, 64)) * SECTOR;
			next += vectors[i].iov_len;
		}
		pattern_fill(buffer, BUFFER_LEN, round + 100);
		write_vectors(disk, vectors, nr, at);
		memset(buffer, 0, BUFFER_LEN);
		read_vectors(disk, vectors, nr, at);
	}
	assert_everywhere(disk, 0, DISK_LEN);
}

/* Connect, let the test go on with the disk, and see that nothing is left. */
static void with_disk(void (*run)(int disk))
{
	const struct transport *transport = test_element();
	struct resources before, after;
	int disk;

	pattern_fill(expected, DISK_LEN, 1);
	assert_int_equal(pwrite(backing, expected, DISK_LEN, 0), DISK_LEN);
	before = resources(transport->device);
	disk = nvme_connect(transport->address);
	/* The kernel's own count as those of processes do. */
	assert_relation(resources(transport->device).mrs, >, before.mrs);
	run(disk);
	nvme_disconnect();
	/* What the core frees later is free in the end. */
	for (int wait = 0; wait < WAIT_MS; wait += 100) {
		after = resources(transport->device);
		if (!memcmp(&before, &after, sizeof(before)))
			return;
		usleep(100000);
	}
	fail("PDs %u, QPs %u, CM IDs %u, MRs %u; before %u, %u, %u, %u",
	     after.pds, after.qps, after.ids, after.mrs, before.pds, before.qps,
	     before.ids, before.mrs);
}

static void test_data(void)
{
	with_disk(use);
}

/* A read of so many sectors into so many bytes: its NVMe status, or -1. */
static int command(int disk, size_t at, size_t sectors, void *memory,
		   size_t len)
{
	struct nvme_passthru_cmd cmd = {
		.opcode = 2,
		.nsid = 1,
		.addr = (uintptr_t)memory,
		.data_len = len,
		.cdw10 = at,
		.cdw12 = sectors - 1,
	};

	return ioctl(disk, NVME_IOCTL_IO_CMD, &cmd);
}

/* What the target refuses, and what the host cannot register, harms nobody. */
static void misuse(int disk)
{
	const struct transport *transport = test_element();
	const size_t len = 4 * PAGE, sectors = len / SECTOR;
	char *nobody = map(PAGE);

	memset(buffer, 0xa5, BUFFER_LEN);
	/* More than the registered memory, less, nothing of it. */
	assert_true(command(disk, 0, sectors + 1, buffer, len) > 0);
	assert_true(command(disk, 0, sectors - 1, buffer, len) > 0);
	assert_true(command(disk, 0, sectors, NULL, 0) > 0);
	/* Beyond the end */
	assert_true(command(disk, 1u << 31, sectors, buffer, len) > 0);
	for (size_t i = 0; i < BUFFER_LEN; i++)
		if (buffer[i] != '\xa5')
			fail("byte %zu was written", i);
	assert_int_equal(mprotect(nobody, PAGE, PROT_NONE), 0);
	assert_int_equal(pread(disk, nobody, PAGE, 0), -1);
	assert_errno_equal(errno, EFAULT);
	munmap(nobody, PAGE);
	/* In the middle of a sector */
	assert_int_equal(pread(disk, buffer, SECTOR, 1), -1);
	assert_errno_equal(errno, EINVAL);

	nvme_assert_refused(transport->address, "nobody");

	assert_int_equal(command(disk, 0, sectors, buffer, len), 0);
	assert_memory_equal(buffer, expected, len);
	assert_everywhere(disk, 0, DISK_LEN);
}

static void test_bad_input(void)
{
	const struct transport *transport = test_element();

	with_disk(misuse);
	nvme_assert_refused(transport->address, "phyr");
}

struct reader {
	pthread_t thread;
	int fd;
	size_t at;
	atomic_uint done;
	int error;
	bool wrong;
};

static void *read_on(void *argument)
{
	struct reader *reader = argument;
	char *memory = mmap(NULL, READ_LEN, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ssize_t got;

	while (!reader->error && !reader->wrong) {
		memset(memory, 0, READ_LEN);
		got = pread(reader->fd, memory, READ_LEN, reader->at);
		if (got != READ_LEN)
			reader->error = got < 0 ? errno : ENODATA;
		else if (memcmp(memory, expected + reader->at, READ_LEN))
			reader->wrong = true;
		reader->done++;
	}
	munmap(memory, READ_LEN);
	return NULL;
}

/* Until each has read so many times more, or has ended. */
static void wait_for(struct reader *readers, unsigned int more)
{
	for (unsigned int i = 0; i < READERS; i++) {
		unsigned int goal = readers[i].done + more;

		while (readers[i].done < goal && !readers[i].error &&
		       !readers[i].wrong)
			usleep(1000);
	}
}

/*
 * The target ends the connection, which invalidates nothing, and takes the next
 * one; then the host ends that. Requests are on their way each time.
 */
static void interrupt(int disk)
{
	struct reader readers[READERS] = { 0 };

	for (unsigned int i = 0; i < READERS; i++) {
		readers[i].fd = disk;
		readers[i].at = i * READ_LEN;
		assert_int_equal(pthread_create(&readers[i].thread, NULL,
						read_on, &readers[i]),
				 0);
	}
	for (int round = 0; round < BREAKS; round++) {
		wait_for(readers, 3);
		nvme_target_withdraw();
		nvme_target_return();
		wait_for(readers, 3);
	}
	for (unsigned int i = 0; i < READERS; i++)
		assert_errno_equal(readers[i].error, 0);
	nvme_delete();
	for (unsigned int i = 0; i < READERS; i++) {
		pthread_join(readers[i].thread, NULL);
		assert_false(readers[i].wrong);
		assert_int_not_equal(readers[i].error, 0);
	}
}

static void test_interrupted(void)
{
	with_disk(interrupt);
}

static const struct test_case tests[] = {
	TEST_EACH(test_data, transports),
	TEST_EACH(test_bad_input, transports),
	TEST_EACH(test_interrupted, transports),
};

TEST_MAIN(.setup = setup)
