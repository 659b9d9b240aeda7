// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers registered with io_uring: of every kind of memory, what is read into
 * them and written from them is right wherever it begins and ends; and the pins
 * and the locked memory go when the buffers do.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base_page.h"
#include "dice.h"
#include "layout_case.h"
#include "pattern.h"
#include "pins.h"
#include "ring.h"

#define FILE_LEN (4ul << 20)
#define MOST_LEN (1ul << 20)
#define GUARD 64ul
#define ROUNDS 200
#define ROOM 256 /* pages that rings have locked, at most */
#define MOST_IOVECS 8

/* A kernel that is slow from debugging gets fewer: PHYR_LAYOUTS says so. */
static int rounds(int usual)
{
	return getenv("PHYR_LAYOUTS") && !getenv("PHYR_LONG") ? (usual + 7) / 8
							      : usual;
}

/* Memory of which one buffer is made. */
struct backing {
	const char *name;
	struct layout_part parts[5];
	size_t nr;
	size_t before;
};

static const struct backing backings[] = {
	{ "base", { { "base", 600, 0, TOUCH_WRITE } }, 1, 0 },
	{ "one page", { { "base", 1, 0, TOUCH_WRITE } }, 1, 0 },
	{ "not touched", { { "base", 300, 0, TOUCH_NOT } }, 1, 0 },
	{ "mthp-64K", { { "mthp-64K", 40, 0, TOUCH_WRITE } }, 1, 0 },
	{ "thp", { { "thp", 3, 0, TOUCH_WRITE } }, 1, 0 },
	{ "hugetlb-2M", { { "hugetlb-2M", 4, 0, TOUCH_WRITE } }, 1, 0 },
	{ "hugetlb-2M out of order",
	  { { "hugetlb-2M", 1, 3, TOUCH_WRITE },
	    { "hugetlb-2M", 1, 0, TOUCH_WRITE },
	    { "hugetlb-2M", 1, 2, TOUCH_WRITE } },
	  3,
	  0 },
	{ "hugetlb-1G", { { "hugetlb-1G", 1, 0, TOUCH_WRITE } }, 1, 0 },
	{ "shmem", { { "shmem", 300, 0, TOUCH_WRITE } }, 1, 0 },
	{ "memfd", { { "memfd", 300, 5, TOUCH_WRITE } }, 1, 0 },
	{ "tmpfs-huge", { { "tmpfs-huge", 700, 7, TOUCH_WRITE } }, 1, 0 },
	{ "mixed",
	  { { "base", 70, 0, TOUCH_WRITE },
	    { "thp", 1, 0, TOUCH_WRITE },
	    { "hugetlb-2M", 1, 1, TOUCH_WRITE },
	    { "shmem", 48, 0, TOUCH_WRITE },
	    { "mthp-64K", 3, 0, TOUCH_WRITE } },
	  5,
	  70 * 4096 },
};

/* What is read from and written to. */
struct target {
	const char *name;
	int fd;
	size_t unit; /* of offsets and lengths */
};

static struct target targets[2];
static size_t nr_targets;
static char *copy;

static void build(struct layout *layout, const struct backing *backing)
{
	layout_case_build(layout, backing->parts, backing->nr, backing->before);
}

static struct iovec buffer_of(const struct layout *layout)
{
	return (struct iovec){ (void *)layout->start,
			       layout->end - layout->start };
}

/* --- data ---------------------------------------------------------------- */

static void write_file(const struct target *target, size_t at, size_t len,
		       uint64_t seed)
{
	pattern_fill(copy, len, seed);
	assert_int_equal(pwrite(target->fd, copy, len, at), len);
}

static void assert_file(const struct target *target, size_t at,
			const void *data, size_t len)
{
	assert_int_equal(pread(target->fd, copy, len, at), len);
	assert_memory_equal(copy, data, len);
}

static size_t roll_units(struct dice *dice, size_t most, size_t unit)
{
	return dice_roll(dice, most / unit + 1) * unit;
}

/* A range of a buffer, of any length that is not 0, mostly a short one. */
static struct iovec roll_range(struct dice *dice, const struct iovec *buffer,
			       size_t most, size_t unit)
{
	size_t from = roll_units(dice, buffer->iov_len - unit, unit);
	size_t len;

	if (most > buffer->iov_len - from)
		most = buffer->iov_len - from;
	if (dice_one_in(dice, 2) && most > 3 * PAGE)
		most = 3 * PAGE;
	len = unit + roll_units(dice, most - unit, unit);
	return (struct iovec){ (char *)buffer->iov_base + from, len };
}

/* Bytes right before and behind a range, which nobody may change. */
struct guards {
	char *at[2];
	size_t len[2];
	char bytes[2][GUARD];
};

static void guards_take(struct guards *guards, const struct iovec *buffer,
			const struct iovec *range)
{
	char *start = range->iov_base;
	size_t before = start - (char *)buffer->iov_base;
	size_t behind = buffer->iov_len - before - range->iov_len;

	guards->len[0] = before < GUARD ? before : GUARD;
	guards->at[0] = start - guards->len[0];
	guards->len[1] = behind < GUARD ? behind : GUARD;
	guards->at[1] = start + range->iov_len;
	for (int i = 0; i < 2; i++)
		memcpy(guards->bytes[i], guards->at[i], guards->len[i]);
}

static void assert_guards(const struct guards *guards)
{
	for (int i = 0; i < 2; i++)
		assert_memory_equal(guards->bytes[i], guards->at[i],
				    guards->len[i]);
}

static void write_and_read(struct ring *ring, const struct target *target,
			   const struct iovec *buffer, struct dice *dice)
{
	struct iovec range = roll_range(dice, buffer, MOST_LEN, target->unit);
	size_t at = roll_units(dice, FILE_LEN - MOST_LEN, target->unit);
	struct ring_io io = {
		.op = IORING_OP_WRITE_FIXED,
		.fd = target->fd,
		.addr = range.iov_base,
		.len = range.iov_len,
		.offset = at,
	};
	struct guards guards;

	pattern_fill(range.iov_base, range.iov_len, at + 1);
	assert_int_equal(ring_do(ring, &io), range.iov_len);
	assert_file(target, at, range.iov_base, range.iov_len);

	write_file(target, at, range.iov_len, at + 2);
	guards_take(&guards, buffer, &range);
	memset(range.iov_base, 0x55, range.iov_len);
	io.op = IORING_OP_READ_FIXED;
	assert_int_equal(ring_do(ring, &io), range.iov_len);
	assert_memory_equal(range.iov_base, copy, range.iov_len);
	assert_guards(&guards);
}

static void test_data(void)
{
	struct dice dice = dice_with_seed(1);
	struct layout layout;
	struct iovec buffer;
	struct ring ring;

	build(&layout, test_element());
	buffer = buffer_of(&layout);
	ring_open(&ring);
	assert_int_equal(ring_register(&ring, &buffer, 1), 0);
	for (size_t i = 0; i < nr_targets; i++)
		for (int round = 0; round < rounds(ROUNDS); round++)
			write_and_read(&ring, &targets[i], &buffer, &dice);
	ring_close(&ring);
	layout_clear(&layout);
}

/* A buffer that begins and ends anywhere, also within a folio. */
static void test_part(void)
{
	struct dice dice = dice_with_seed(2);
	struct layout layout;
	struct iovec whole, buffer;
	struct ring ring;

	build(&layout, test_element());
	whole = buffer_of(&layout);
	ring_open(&ring);
	for (int round = 0; round < rounds(ROUNDS / 10); round++) {
		buffer = roll_range(&dice, &whole, whole.iov_len,
				    round % 2 ? 512 : 1);
		assert_int_equal(ring_register(&ring, &buffer, 1), 0);
		for (size_t i = 0; i < nr_targets; i++)
			if (!((uintptr_t)buffer.iov_base % targets[i].unit) &&
			    buffer.iov_len > targets[i].unit)
				write_and_read(&ring, &targets[i], &buffer,
					       &dice);
		assert_int_equal(ring_unregister(&ring), 0);
	}
	ring_close(&ring);
	layout_clear(&layout);
}

/* Ranges that do not overlap, up or down the buffer; returns their length. */
static size_t roll_ranges(struct dice *dice, const struct iovec *buffer,
			  size_t unit, struct iovec *ranges, unsigned int nr)
{
	size_t slice = buffer->iov_len / MOST_IOVECS / unit * unit;
	bool down = dice_one_in(dice, 2);
	size_t len = 0;

	for (unsigned int i = 0; i < nr; i++) {
		size_t at = (down ? nr - 1 - i : i) * slice;
		const struct iovec part = { (char *)buffer->iov_base + at,
					    slice };

		ranges[i] =
			roll_range(dice, &part, MOST_LEN / MOST_IOVECS, unit);
		len += ranges[i].iov_len;
	}
	return len;
}

static void assert_ranges(const struct iovec *ranges, unsigned int nr,
			  const char *data)
{
	for (; nr; nr--, data += ranges++->iov_len)
		assert_memory_equal(ranges->iov_base, data, ranges->iov_len);
}

static void write_and_read_vector(struct ring *ring,
				  const struct target *target,
				  const struct iovec *buffer, struct dice *dice)
{
	unsigned int nr = 1 + dice_roll(dice, MOST_IOVECS);
	struct iovec ranges[MOST_IOVECS];
	size_t len = roll_ranges(dice, buffer, target->unit, ranges, nr);
	struct ring_io io = {
		.op = RING_OP_WRITEV_FIXED,
		.fd = target->fd,
		.addr = ranges,
		.len = nr,
	};
	int result;

	for (unsigned int i = 0; i < nr; i++)
		pattern_fill(ranges[i].iov_base, ranges[i].iov_len, i);
	result = ring_do(ring, &io);
	if (result == -EINVAL)
		skip("no vectors of fixed buffers");
	assert_int_equal(result, len);
	assert_int_equal(pread(target->fd, copy, len, 0), len);
	assert_ranges(ranges, nr, copy);

	write_file(target, 0, len, len);
	for (unsigned int i = 0; i < nr; i++)
		memset(ranges[i].iov_base, 0x55, ranges[i].iov_len);
	io.op = RING_OP_READV_FIXED;
	assert_int_equal(ring_do(ring, &io), len);
	assert_ranges(ranges, nr, copy);
}

static void test_vectors(void)
{
	struct dice dice = dice_with_seed(3);
	struct layout layout;
	struct iovec buffer;
	struct ring ring;

	build(&layout, test_element());
	buffer = buffer_of(&layout);
	ring_open(&ring);
	assert_int_equal(ring_register(&ring, &buffer, 1), 0);
	for (size_t i = 0; i < nr_targets; i++)
		for (int round = 0; round < rounds(ROUNDS / 4); round++)
			write_and_read_vector(&ring, &targets[i], &buffer,
					      &dice);
	ring_close(&ring);
	layout_clear(&layout);
}

/* --- what is refused ----------------------------------------------------- */

static void test_beyond(void)
{
	static const struct backing backing = {
		"base", { { "base", 9, 0, TOUCH_WRITE } }, 1, 0
	};
	struct layout layout;
	struct iovec buffer;
	struct ring ring;
	char *start, *end;

	build(&layout, &backing);
	buffer = buffer_of(&layout);
	buffer.iov_base = (char *)buffer.iov_base + 100;
	buffer.iov_len -= 200;
	start = buffer.iov_base;
	end = start + buffer.iov_len;
	ring_open(&ring);
	assert_int_equal(ring_register(&ring, &buffer, 1), 0);
	const struct {
		char *at;
		uint32_t len;
		int result;
		uint16_t buffer;
	} ios[] = {
		{ start, buffer.iov_len, buffer.iov_len, 0 },
		{ start, 1, 1, 0 },
		{ end - 1, 1, 1, 0 },
		{ start, 0, 0, 0 },
		{ end, 0, 0, 0 },
		{ start - 1, 1, -EFAULT, 0 },
		{ start - 1, 2, -EFAULT, 0 },
		{ end, 1, -EFAULT, 0 },
		{ end - 1, 2, -EFAULT, 0 },
		{ start, buffer.iov_len + 1, -EFAULT, 0 },
		{ start, UINT32_MAX, -EFAULT, 0 },
		{ (char *)UINTPTR_MAX, 2, -EFAULT, 0 },
		{ NULL, 1, -EFAULT, 0 },
		{ start, 1, -EFAULT, 1 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(ios); i++) {
		const struct ring_io io = {
			.op = IORING_OP_READ_FIXED,
			.fd = targets[0].fd,
			.addr = ios[i].at,
			.len = ios[i].len,
			.buffer = ios[i].buffer,
		};

		assert_int_equal(ring_do(&ring, &io), ios[i].result);
	}
	ring_close(&ring);
	layout_clear(&layout);
}

/* All of a buffer is registered, or nothing is pinned. */
static void test_refused(void)
{
	static const struct layout_part parts[][3] = {
		{ { "base", 40, 0, TOUCH_WRITE },
		  { "prot-none", 1, 0, TOUCH_NOT },
		  { "base", 40, 0, TOUCH_WRITE } },
		{ { "prot-none", 1, 0, TOUCH_NOT },
		  { "base", 4, 0, TOUCH_WRITE },
		  { "base", 4, 0, TOUCH_WRITE } },
		{ { "base", 4, 0, TOUCH_WRITE },
		  { "read-only", 1, 0, TOUCH_READ },
		  { "base", 4, 0, TOUCH_WRITE } },
		{ { "thp", 1, 0, TOUCH_WRITE },
		  { "base", 90, 0, TOUCH_WRITE },
		  { "beyond-eof", 1, 0, TOUCH_NOT } },
	};
	struct ring ring;

	ring_open(&ring);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		long before = pins_quiet();
		struct layout layout;
		struct iovec buffer;

		layout_case_build(&layout, parts[i], 3, 0);
		buffer = buffer_of(&layout);
		assert_errno_equal(-ring_register(&ring, &buffer, 1), EFAULT);
		assert_pins(before);
		layout_clear(&layout);
	}
	struct iovec odd[] = {
		{ NULL, 1 },
		{ (void *)PAGE, 0 },
		{ (void *)(UINTPTR_MAX - PAGE), PAGE },
	};
	assert_errno_equal(-ring_register(&ring, &odd[0], 1), EFAULT);
	assert_errno_equal(-ring_register(&ring, &odd[1], 1), EFAULT);
	assert_true(ring_register(&ring, &odd[2], 1) < 0);
	ring_close(&ring);
}

/* --- pins and locked memory ---------------------------------------------- */

/* Pages that the kernel has charged to this process for being pinned. */
static long locked_pages(void)
{
	char line[128];
	long kib = -1;
	FILE *status = fopen("/proc/self/status", "r");

	assert_non_null(status);
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "VmPin: %ld kB", &kib) == 1)
			break;
	fclose(status);
	return kib * 1024 / (long)PAGE;
}

static void limit_locked(size_t most)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &limit), 0);
	if (most > limit.rlim_max)
		skip("only %lu bytes may be locked", (long)limit.rlim_max);
	limit.rlim_cur = most;
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
}

/* The rings of root are not charged. */
static void open_charged(struct ring *ring)
{
	assert_int_equal(seteuid(65534), 0);
	ring_open(ring);
	assert_int_equal(seteuid(0), 0);
}

struct charge {
	const char *name;
	struct layout_part part;
	size_t from; /* bytes of the buffer: where, and how many */
	size_t len;
	long pages; /* that are charged */
};

static const struct charge charges[] = {
	{ "page", { "base", 4, 0, TOUCH_WRITE }, 100, 1, 1 },
	{ "two pages", { "base", 4, 0, TOUCH_WRITE }, 4095, 2, 2 },
	{ "pages", { "base", 300, 0, TOUCH_WRITE }, 0, 300 * 4096, 300 },
	{ "byte of a thp", { "thp", 2, 0, TOUCH_WRITE }, 5000, 1, 512 },
	{ "byte of two", { "thp", 2, 0, TOUCH_WRITE }, (2 << 20) - 1, 2, 1024 },
	{ "giant", { "hugetlb-1G", 1, 0, TOUCH_WRITE }, 77, 1 << 30, 1 << 18 },
};

static void charge_one(void)
{
	const struct charge *charge = test_element();
	long pins = pins_quiet(), locked;
	struct layout layout;
	struct iovec buffer, buffers[2];
	struct ring ring, clone;

	layout_case_build(&layout, &charge->part, 1, 0);
	buffer.iov_base = (char *)layout.start + charge->from;
	buffer.iov_len = charge->len;
	if (buffer.iov_len > layout.end - (uintptr_t)buffer.iov_base)
		buffer.iov_len = layout.end - (uintptr_t)buffer.iov_base;
	buffers[0] = buffer;
	buffers[1] = buffer;

	limit_locked((2 * charge->pages + ROOM) * PAGE);
	open_charged(&ring);
	locked = locked_pages();
	assert_int_equal(ring_register(&ring, &buffer, 1), 0);
	assert_true(pins_held() > pins);
	assert_int_equal(locked_pages() - locked, charge->pages);
	open_charged(&clone);
	locked = locked_pages() - charge->pages;
	if (!ring_clone(&clone, &ring)) {
		assert_int_equal(locked_pages() - locked, charge->pages);
		assert_int_equal(ring_unregister(&ring), 0);
		assert_int_equal(locked_pages() - locked, charge->pages);
		assert_true(pins_held() > pins);
		assert_int_equal(ring_unregister(&clone), 0);
	} else {
		assert_int_equal(ring_unregister(&ring), 0);
	}
	assert_int_equal(locked_pages(), locked);
	assert_pins(pins);

	/* What is large is charged once for a ring, what is small each time. */
	assert_int_equal(ring_register(&ring, buffers, 2), 0);
	assert_int_equal(locked_pages() - locked, charge->part.kind[0] == 'b'
							  ? 2 * charge->pages
							  : charge->pages);
	assert_int_equal(ring_unregister(&ring), 0);
	assert_int_equal(locked_pages(), locked);
	assert_pins(pins);
	ring_close(&clone);
	ring_close(&ring);
	layout_clear(&layout);
}

static void test_charged(void)
{
	if (PAGE != 4096)
		skip("the numbers are of pages of 4 KiB");
	in_child(charge_one);
}

/* One page more than may be locked. */
static void exceed(void)
{
	static const struct layout_part part = { "base", 101, 0, TOUCH_WRITE };
	long pins = pins_quiet(), locked;
	struct layout layout;
	struct iovec buffer;
	struct ring ring;

	layout_case_build(&layout, &part, 1, 0);
	buffer = buffer_of(&layout);
	const struct iovec many[] = { buffer, buffer, buffer, buffer };

	limit_locked(403 * PAGE);
	open_charged(&ring);
	locked = locked_pages();
	for (int round = 0; round < 3; round++) {
		assert_errno_equal(-ring_register(&ring, many, 4), ENOMEM);
		assert_int_equal(locked_pages(), locked);
		assert_pins(pins);
	}
	assert_int_equal(ring_register(&ring, &buffer, 1), 0);
	ring_close(&ring);
	layout_clear(&layout);
}

static void test_exceeded(void)
{
	in_child(exceed);
}

/* Far more often than a page can be pinned whole. */
static void test_often(void)
{
	static const struct layout_part part = { "hugetlb-1G", 1, 0,
						 TOUCH_WRITE };
	const unsigned int often = 10000;
	long pins = pins_quiet();
	struct layout layout;
	struct iovec buffer;
	struct ring ring;

	layout_case_build(&layout, &part, 1, 0);
	buffer = buffer_of(&layout);
	ring_open(&ring);
	assert_int_equal(ring_register_sparse(&ring, often), 0);
	for (unsigned int i = 0; i < often; i++)
		assert_int_equal(ring_update(&ring, i, &buffer), 0);
	ring_close(&ring);
	assert_pins(pins);
	layout_clear(&layout);
}

/* --- I/O that runs ------------------------------------------------------- */

static const struct layout_part busy_memory = { "base", 100, 0, TOUCH_WRITE };

/* A read that waits holds the memory, and gets its data there. */
static void test_unregister_while_read(void)
{
	long pins = pins_quiet();
	struct layout layout;
	struct iovec buffer;
	struct ring ring;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	layout_case_build(&layout, &busy_memory, 1, 0);
	buffer = buffer_of(&layout);
	ring_open(&ring);
	assert_int_equal(ring_register(&ring, &buffer, 1), 0);
	const struct ring_io io = {
		.op = IORING_OP_READ_FIXED,
		.fd = ends[0],
		.addr = (char *)buffer.iov_base + 3 * PAGE - 2,
		.len = 4,
		.offset = -1,
	};

	ring_submit(&ring, &io);
	assert_int_equal(ring_unregister(&ring), 0);
	assert_true(pins_held() > pins);
	assert_int_equal(write(ends[1], "phyr", 4), 4);
	assert_int_equal(ring_result(&ring), 4);
	assert_memory_equal(io.addr, "phyr", 4);
	assert_pins(pins);
	ring_close(&ring);
	close(ends[0]);
	close(ends[1]);
	layout_clear(&layout);
}

static void test_close_while_read(void)
{
	long pins = pins_quiet();
	struct layout layout;
	struct iovec buffer;
	struct ring ring;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	layout_case_build(&layout, &busy_memory, 1, 0);
	buffer = buffer_of(&layout);
	ring_open(&ring);
	assert_int_equal(ring_register(&ring, &buffer, 1), 0);
	for (int i = 0; i < 8; i++) {
		const struct ring_io io = {
			.op = IORING_OP_READ_FIXED,
			.fd = ends[0],
			.addr = (char *)buffer.iov_base + i * PAGE,
			.len = 2 * PAGE,
			.offset = -1,
		};

		ring_submit(&ring, &io);
	}
	ring_close(&ring);
	assert_pins(pins);
	close(ends[0]);
	close(ends[1]);
	layout_clear(&layout);
}

/* Writes to a file that are on their way. */
static void test_close_while_write(void)
{
	long pins = pins_quiet();
	struct layout layout;
	struct iovec buffer;

	layout_case_build(&layout, &busy_memory, 1, 0);
	buffer = buffer_of(&layout);
	for (size_t i = 0; i < nr_targets; i++) {
		struct ring ring;

		ring_open(&ring);
		assert_int_equal(ring_register(&ring, &buffer, 1), 0);
		for (int at = 0; at < 32; at++) {
			const struct ring_io io = {
				.op = IORING_OP_WRITE_FIXED,
				.fd = targets[i].fd,
				.addr = buffer.iov_base,
				.len = 64 * PAGE,
				.offset = at * PAGE,
			};

			ring_submit(&ring, &io);
		}
		ring_close(&ring);
	}
	assert_pins(pins);
	layout_clear(&layout);
}

/* --- the files ----------------------------------------------------------- */

static void put(const char *folder, const char *name, const char *value)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, value, strlen(value)), strlen(value));
	close(fd);
}

#define DISK "/sys/kernel/config/nullb/uring_fixed"

/* A disk in memory, if the kernel has such. */
static void open_disk(void)
{
	int fd;

	if (mkdir(DISK, 0755)) {
		note("no null_blk: %s", strerror(errno));
		return;
	}
	put(DISK, "size", "16");
	put(DISK, "blocksize", "512");
	put(DISK, "memory_backed", "1");
	put(DISK, "power", "1");
	fd = open("/dev/uring_fixed", O_RDWR | O_DIRECT | O_CLOEXEC);
	assert_true(fd >= 0);
	targets[nr_targets++] = (struct target){ "disk", fd, 512 };
}

static void close_disk(void)
{
	for (size_t i = 0; i < nr_targets; i++)
		close(targets[i].fd);
	if (nr_targets > 1)
		rmdir(DISK);
}

static void setup(void)
{
	int fd = memfd_create("uring_fixed", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, FILE_LEN), 0);
	targets[nr_targets++] = (struct target){ "file", fd, 1 };
	copy = mmap(NULL, MOST_LEN, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(copy != MAP_FAILED);
	layout_case_prepare();
	open_disk();
}

static const struct test_case tests[] = {
	TEST_EACH(test_data, backings),
	TEST_EACH(test_part, backings),
	TEST_EACH(test_vectors, backings),
	TEST(test_beyond),
	TEST(test_refused),
	TEST_EACH(test_charged, charges),
	TEST(test_exceeded),
	TEST(test_often),
	TEST(test_unregister_while_read),
	TEST(test_close_while_read),
	TEST(test_close_while_write),
};

TEST_MAIN(.setup = setup, .teardown = close_disk)
