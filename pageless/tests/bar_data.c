// SPDX-License-Identifier: GPL-2.0-only
/*
 * RDMA write, read and send between RAM and memory without struct pages that a
 * file descriptor names. Afterwards the host compares all of that memory with
 * the changes that are logged here, so a byte that went astray is found also
 * where no test looks.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <phyr/dmabuf_mr.h>

#include "bar.h"
#include "content.h"
#include "dice.h"
#include "pair_program.h"

#define PAGE 4096ul
#define GUARD 64
#define GUARDS (1ul << 32) /* where their content begins */
#define LONGEST (64ul << 10)
#define IOVA (1ull << 40)
#define ACCESS                                              \
	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | \
	 IBV_ACCESS_REMOTE_READ)
#define MAX_RANGES 300
#define TRANSFERS 300

enum role {
	WRITE_INTO,
	READ_INTO,
	SEND_INTO,
	WRITE_FROM,
	READ_FROM,
	SEND_FROM,
	ROLES
};

static const char *const role_names[ROLES] = { "write into", "read into",
					       "send into",  "write from",
					       "read from",  "send from" };

/* A region over a part of a buffer. */
struct window {
	struct phyr_dmabuf_mr mr;
	struct dmabuf_test_range ranges[MAX_RANGES];
	unsigned int nr;
	uint64_t offset; /* of the region in the buffer */
	size_t len;
	uint64_t iova;
};

static struct bar bar;
static uint64_t seed = CONTENT_AT_START;

/* The piece of the BAR at @at of the window; returns its length. */
static size_t piece(const struct window *window, uint64_t at, size_t len,
		    uint64_t *offset)
{
	at += window->offset;
	for (unsigned int i = 0; i < window->nr; i++) {
		const struct dmabuf_test_range *range = &window->ranges[i];

		if (at < range->len) {
			*offset = range->offset + at;
			return len < range->len - at ? len : range->len - at;
		}
		at -= range->len;
	}
	fail("the window ends before %#zx", (size_t)at);
}

static void window_open(struct window *window, uint64_t offset, size_t len)
{
	int fd = bar_export(&bar, window->ranges, window->nr);
	struct phyr_error error;

	window->offset = offset;
	window->len = len;
	window->iova = IOVA + offset % PAGE;
	if (phyr_dmabuf_mr_register(pair.device->pd, fd, offset, len,
				    window->iova, ACCESS, &window->mr, NULL,
				    &error))
		fail("%s", error.message);
	/* The region keeps it. */
	close(fd);
	assert_int_equal(bar_mappings(&bar), 1);
}

static void window_close(struct window *window)
{
	struct phyr_error error;

	if (phyr_dmabuf_mr_deregister(&window->mr, NULL, &error))
		fail("%s", error.message);
	assert_int_equal(bar_mappings(&bar), 0);
}

static enum ibv_wc_status move(const struct window *window, enum role role,
			       uint64_t at, char *other, size_t len, int sges)
{
	struct pair_range here = { window->iova + at, len, window->mr.lkey };
	struct pair_range there = buffer_range(other, len);

	switch (role) {
	case WRITE_INTO:
		return pair_transfer(&pair, IBV_WR_RDMA_WRITE, there, here.addr,
				     window->mr.rkey, sges);
	case READ_INTO:
		return pair_transfer(&pair, IBV_WR_RDMA_READ, here, there.addr,
				     buffer_mr->rkey, sges);
	case SEND_INTO:
		return pair_send(&pair, there, here, sges);
	case WRITE_FROM:
		return pair_transfer(&pair, IBV_WR_RDMA_WRITE, here, there.addr,
				     buffer_mr->rkey, sges);
	case READ_FROM:
		return pair_transfer(&pair, IBV_WR_RDMA_READ, there, here.addr,
				     window->mr.rkey, sges);
	default:
		return pair_send(&pair, here, there, sges);
	}
}

/* Compare with the buffer, and tell the host, piece by piece. */
static void check_pieces(const struct window *window, enum role role,
			 uint64_t at, const char *other, size_t len)
{
	size_t done = 0;

	while (done < len) {
		uint64_t offset;
		size_t part = piece(window, at + done, len - done, &offset);

		if (memcmp(bar.bytes + offset, other + done, part))
			fail("%s %zu bytes at %#zx: wrong data at %#zx",
			     role_names[role], len, (size_t)at, (size_t)offset);
		if (role <= SEND_INTO)
			bar_log_fill(offset, part, seed, done);
		done += part;
	}
}

static void check_transfer(const struct window *window, enum role role,
			   uint64_t at, size_t len, unsigned int number)
{
	char *other = buffer + GUARD + number % PAGE;
	enum ibv_wc_status status;

	seed++;
	content_fill(other - GUARD, GUARD, seed, GUARDS);
	content_fill(other, len, seed, 0);
	content_fill(other + len, GUARD, seed, GUARDS);
	status = move(window, role, at, other, len, 1 + number % PAIR_SGES);
	if (status != IBV_WC_SUCCESS)
		fail("%s %zu bytes at %#zx: %s", role_names[role], len,
		     (size_t)at, ibv_wc_status_str(status));
	check_pieces(window, role, at, other, len);
	for (size_t i = 0; i < GUARD; i++)
		if ((uint8_t)other[len + i] != content_byte(seed, GUARDS + i) ||
		    (uint8_t)other[(ptrdiff_t)i - GUARD] !=
			    content_byte(seed, GUARDS + i))
			fail("%s %zu bytes at %#zx: what is around changed",
			     role_names[role], len, (size_t)at);
}

static void check_window(const struct window *window)
{
	static const size_t lengths[] = {
		1, 2, 7, 8, 9, 63, 4095, 4097, 12289
	};
	struct dice dice = dice_with_seed(window->len + window->nr);
	unsigned int number = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++)
		for (unsigned int role = 0; role < ROLES; role++) {
			size_t len = lengths[i];

			if (len > window->len)
				continue;
			check_transfer(window, role, 0, len, number++);
			check_transfer(window, role, window->len - len, len,
				       number++);
		}
	for (unsigned int i = 0; i < TRANSFERS; i++) {
		size_t most = window->len < LONGEST ? window->len : LONGEST;
		size_t len = 1 + dice_roll(&dice, most);
		uint64_t at = dice_roll(&dice, window->len - len + 1);

		check_transfer(window, dice_roll(&dice, ROLES), at, len, i);
	}
}

/* One byte beyond either end is refused, and nothing is written. */
static void check_bounds(const struct window *window)
{
	struct pair_range local = buffer_range(buffer, 2);

	assert_true(pair_refuses(&pair, IBV_WR_RDMA_WRITE, local,
				 window->iova + window->len - 1,
				 window->mr.rkey));
	assert_true(pair_refuses(&pair, IBV_WR_RDMA_WRITE, local,
				 window->iova - 1, window->mr.rkey));
}

static void test_whole(void)
{
	struct window window = { .ranges = { { 0, bar.info.size } }, .nr = 1 };

	window_open(&window, 0, bar.info.size);
	check_window(&window);
	check_bounds(&window);
	window_close(&window);
}

static void test_odd_ends(void)
{
	struct window window = { .ranges = { { 7 * PAGE, 64 * PAGE } },
				 .nr = 1 };

	window_open(&window, 2 * PAGE + 13, 40 * PAGE + 101);
	check_window(&window);
	check_bounds(&window);
	window_close(&window);
}

static void test_one_byte(void)
{
	struct window window = { .ranges = { { 3 * PAGE, PAGE } }, .nr = 1 };

	window_open(&window, 4095, 1);
	check_window(&window);
	check_bounds(&window);
	window_close(&window);
}

/* Ranges in random order, of one length or of several. */
static void check_scattered(unsigned int nr, size_t most_pages)
{
	static struct window window;
	struct dice dice = dice_with_seed(nr + most_pages);
	uint64_t at = bar.info.size / 2;
	size_t total = 0;

	window = (struct window){ .nr = nr };
	for (unsigned int i = 0; i < nr; i++) {
		window.ranges[i].len =
			(1 + dice_roll(&dice, most_pages)) * PAGE;
		window.ranges[i].offset = at;
		at += window.ranges[i].len + PAGE;
		total += window.ranges[i].len;
	}
	for (unsigned int i = nr - 1; i; i--) {
		unsigned int j = dice_roll(&dice, i + 1);
		struct dmabuf_test_range range = window.ranges[i];

		window.ranges[i] = window.ranges[j];
		window.ranges[j] = range;
	}
	window_open(&window, 1234, total - 1234 - 777);
	check_window(&window);
	check_bounds(&window);
	window_close(&window);
}

static void test_scattered_pages(void)
{
	check_scattered(MAX_RANGES, 1);
}

static void test_scattered_lengths(void)
{
	check_scattered(MAX_RANGES, 9);
}

/* From one buffer of the memory into another, which does not overlap. */
static void test_within_memory(void)
{
	struct window from = { .ranges = { { 100 * PAGE, 32 * PAGE } },
			       .nr = 1 };
	struct window to = { .ranges = { { 200 * PAGE, 32 * PAGE } }, .nr = 1 };
	struct dice dice = dice_with_seed(5);
	struct phyr_error error;

	window_open(&from, 0, 32 * PAGE);
	to.iova = IOVA;
	to.len = 32 * PAGE;
	{
		int fd = bar_export(&bar, to.ranges, 1);

		if (phyr_dmabuf_mr_register(pair.device->pd, fd, 0, to.len,
					    to.iova, ACCESS, &to.mr, NULL,
					    &error))
			fail("%s", error.message);
		close(fd);
	}
	for (int i = 0; i < 50; i++) {
		size_t len = 1 + dice_roll(&dice, 16 * PAGE);
		uint64_t a = dice_roll(&dice, from.len - len + 1);
		uint64_t b = dice_roll(&dice, to.len - len + 1);
		struct pair_range local = { from.iova + a, len, from.mr.lkey };

		assert_int_equal(pair_transfer(&pair, IBV_WR_RDMA_WRITE, local,
					       to.iova + b, to.mr.rkey, 1),
				 IBV_WC_SUCCESS);
		assert_memory_equal(bar.bytes + 200 * PAGE + b,
				    bar.bytes + 100 * PAGE + a, len);
		bar_log_copy(200 * PAGE + b, len, 100 * PAGE + a);
	}
	if (phyr_dmabuf_mr_deregister(&to.mr, NULL, &error))
		fail("%s", error.message);
	window_close(&from);
}

/* In one request. */
static void test_all_bytes(void)
{
	struct window window = { .ranges = { { 0, bar.info.size } }, .nr = 1 };
	size_t len = bar.info.size;
	struct ibv_mr *mr;
	char *ram;

	ram = mmap(NULL, len, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(ram, MAP_FAILED);
	seed++;
	content_fill(ram, len, seed, 0);
	mr = ibv_reg_mr(pair.device->pd, ram, len, ACCESS);
	assert_non_null(mr);
	window_open(&window, 0, len);
	assert_int_equal(pair_transfer(&pair, IBV_WR_RDMA_WRITE,
				       (struct pair_range){ (uintptr_t)ram, len,
							    mr->lkey },
				       window.iova, window.mr.rkey, 1),
			 IBV_WC_SUCCESS);
	bar_log_fill(0, len, seed, 0);
	assert_memory_equal(bar.bytes, ram, len);
	window_close(&window);
	ibv_dereg_mr(mr);
	munmap(ram, len);
}

static void open_memory(void)
{
	bar_open(&bar);
	if (bar_mappings(&bar))
		fail("somebody has the memory already");
}

static void close_memory(void)
{
	bar_close(&bar);
}

static const struct test_case tests[] = {
	TEST(test_all_bytes),	    TEST(test_whole),
	TEST(test_odd_ends),	    TEST(test_one_byte),
	TEST(test_scattered_pages), TEST(test_scattered_lengths),
	TEST(test_within_memory),
};

PAIR_PROGRAM(.buffer_len = LONGEST + 4 * PAGE, .setup = open_memory,
	     .teardown = close_memory)
