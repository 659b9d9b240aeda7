// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers registered with io_uring: of every kind of memory, what is read into
 * them and written from them is right wherever it begins and ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base_page.h"
#include "dice.h"
#include "harness.h"
#include "layout_case.h"
#include "pattern.h"
#include "ring.h"
#include "uring_target.h"

#define MOST_LEN (1ul << 20)
#define GUARD 64ul
#define ROUNDS 200
#define MOST_IOVECS 8

static char *copy;

static int rounds(int usual)
{
	return slow_kernel() ? (usual + 7) / 8 : usual;
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

static void write_file(const struct uring_target *target, size_t at, size_t len,
		       uint64_t seed)
{
	pattern_fill(copy, len, seed);
	assert_int_equal(pwrite(target->fd, copy, len, at), len);
}

static void assert_file(const struct uring_target *target, size_t at,
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

static void write_and_read(struct ring *ring, const struct uring_target *target,
			   const struct iovec *buffer, struct dice *dice)
{
	struct iovec range = roll_range(dice, buffer, MOST_LEN, target->unit);
	size_t at = roll_units(dice, URING_FILE_LEN - MOST_LEN, target->unit);
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

/* A buffer that begins and ends anywhere, also within a folio. */
static void test_part(void)
{
	const struct backing *backing = test_element();
	struct dice dice = dice_with_seed(2);
	struct layout layout;
	struct iovec whole, buffer;
	struct ring ring;

	layout_case_build(&layout, backing->parts, backing->nr,
			  backing->before);
	whole = uring_range(&layout);
	ring_open(&ring);
	for (int round = 0; round < rounds(ROUNDS / 10); round++) {
		buffer = roll_range(&dice, &whole, whole.iov_len,
				    round % 2 ? 512 : 1);
		assert_int_equal(ring_register(&ring, &buffer, 1), 0);
		for (size_t i = 0; i < uring_nr_targets; i++)
			if (!((uintptr_t)buffer.iov_base %
			      uring_targets[i].unit) &&
			    buffer.iov_len > uring_targets[i].unit)
				write_and_read(&ring, &uring_targets[i],
					       &buffer, &dice);
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
				  const struct uring_target *target,
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

typedef void turn_fn(struct ring *ring, const struct uring_target *target,
		     const struct iovec *buffer, struct dice *dice);

/* All of the memory is one buffer. */
static void turns(turn_fn *turn, uint64_t seed, int usual)
{
	const struct backing *backing = test_element();
	struct dice dice = dice_with_seed(seed);
	struct uring_buffer buffer;

	uring_buffer_open(&buffer, backing->parts, backing->nr,
			  backing->before);
	for (size_t i = 0; i < uring_nr_targets; i++)
		for (int round = 0; round < rounds(usual); round++)
			turn(&buffer.ring, &uring_targets[i], &buffer.range,
			     &dice);
	uring_buffer_close(&buffer);
}

static void test_data(void)
{
	turns(write_and_read, 1, ROUNDS);
}

static void test_vectors(void)
{
	turns(write_and_read_vector, 3, ROUNDS / 4);
}

static void test_beyond(void)
{
	static const struct layout_part part = { "base", 9, 0, TOUCH_WRITE };
	struct layout layout;
	struct iovec buffer;
	struct ring ring;
	char *start, *end;

	layout_case_build(&layout, &part, 1, 0);
	buffer = uring_range(&layout);
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
			.fd = uring_targets[0].fd,
			.addr = ios[i].at,
			.len = ios[i].len,
			.buffer = ios[i].buffer,
		};

		assert_int_equal(ring_do(&ring, &io), ios[i].result);
	}
	ring_close(&ring);
	layout_clear(&layout);
}

static void setup(void)
{
	copy = mmap(NULL, MOST_LEN, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(copy != MAP_FAILED);
	layout_case_prepare();
	uring_targets_open();
}

static const struct test_case tests[] = {
	TEST_EACH(test_data, backings),
	TEST_EACH(test_part, backings),
	TEST_EACH(test_vectors, backings),
	TEST(test_beyond),
};

TEST_MAIN(.setup = setup, .teardown = uring_targets_close)
