// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own users of RDMA: an NVMe disk in memory is exported over a
 * software device and used from this machine. The host registers the memory of
 * each request (ib_map_mr_sg(), fast registration), the target reads and writes
 * through that. Bytes are compared on both sides.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
#define ROUNDS 40
#define PIECES 8

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

/* How many objects of each kind the device has, as rdma(8) says it. */
static void resources(const char *device, char text[256])
{
	char command[64];
	FILE *output;

	snprintf(command, sizeof(command), "/usr/bin/rdma resource show %s",
		 device);
	output = popen(command, "r");
	assert_non_null(output);
	assert_non_null(fgets(text, 256, output));
	pclose(output);
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

static void test_data(void)
{
	const struct transport *transport = test_element();
	char before[256], after[256];
	struct nvme_disk disk;

	memset(expected, 0, DISK_LEN);
	assert_int_equal(pwrite(backing, expected, DISK_LEN, 0), DISK_LEN);
	resources(transport->device, before);
	nvme_connect(transport->address, &disk);
	use(disk.fd);
	nvme_disconnect(&disk);
	/* What the core frees later is free in the end. */
	for (int wait = 0; wait < WAIT_MS; wait += 100) {
		resources(transport->device, after);
		if (!strcmp(before, after))
			return;
		usleep(100000);
	}
	fail("left behind: %s", after);
}

static const struct test_case tests[] = {
	TEST_EACH(test_data, transports),
};

TEST_MAIN(.setup = setup)
