// SPDX-License-Identifier: GPL-2.0-only
/*
 * What registering memory without struct pages costs beside RAM: medians in ns,
 * which are guest instructions on a machine that counts these. Prints, and
 * fails only if something does not work.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <phyr/clock.h>
#include <phyr/dmabuf_mr.h>

#include "bar.h"
#include "pair_program.h"

#define PAGE 4096ul
#define WRITE_LEN (64ul << 10)
#define SAMPLES 101
#define SETTLING 128
#define ACCESS                                              \
	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | \
	 IBV_ACCESS_REMOTE_READ)

static struct bar bar;

struct samples {
	uint64_t ns[SAMPLES];
};

static int compare(const void *a, const void *b)
{
	const uint64_t *one = a, *other = b;

	return *one < *other ? -1 : *one > *other;
}

static void print(const char *row, struct samples *samples)
{
	qsort(samples->ns, SAMPLES, sizeof(samples->ns[0]), compare);
	note("%-28s %8llu (%llu to %llu)", row,
	     (unsigned long long)samples->ns[SAMPLES / 2],
	     (unsigned long long)samples->ns[0],
	     (unsigned long long)samples->ns[SAMPLES - 1]);
}

static void cost_of_address(const char *reg_row, const char *dereg_row,
			    void *addr, size_t len)
{
	static struct samples reg, dereg;

	for (int i = -SETTLING; i < SAMPLES; i++) {
		uint64_t start = phyr_clock_ns(), middle, end;
		struct ibv_mr *mr =
			ibv_reg_mr(pair.device->pd, addr, len, ACCESS);

		middle = phyr_clock_ns();
		assert_non_null(mr);
		end = phyr_clock_ns();
		assert_int_equal(ibv_dereg_mr(mr), 0);
		if (i >= 0) {
			dereg.ns[i] = phyr_clock_ns() - end;
			reg.ns[i] = middle - start;
		}
	}
	print(reg_row, &reg);
	print(dereg_row, &dereg);
}

static void cost_of_fd(const char *reg_row, const char *dereg_row, int fd,
		       size_t len)
{
	static struct samples reg, dereg;

	for (int i = -SETTLING; i < SAMPLES; i++) {
		struct phyr_dmabuf_mr mr;
		uint64_t reg_ns, dereg_ns;

		assert_errno_equal(-phyr_dmabuf_mr_register(pair.device->pd, fd,
							    0, len, 0, ACCESS,
							    &mr, &reg_ns, NULL),
				   0);
		assert_errno_equal(
			-phyr_dmabuf_mr_deregister(&mr, &dereg_ns, NULL), 0);
		if (i >= 0) {
			reg.ns[i] = reg_ns;
			dereg.ns[i] = dereg_ns;
		}
	}
	print(reg_row, &reg);
	print(dereg_row, &dereg);
}

static void test_registration(void)
{
	const struct dmabuf_test_range all = { 0, bar.info.size };
	int fd = bar_export(&bar, &all, 1);
	struct ibv_mr *holder;

	cost_of_address("mr/reg/base/4KiB", "mr/dereg/base/4KiB", buffer, PAGE);
	cost_of_fd("mr/reg/bar-fd/4KiB", "mr/dereg/bar-fd/4KiB", fd, PAGE);
	cost_of_fd("mr/reg/bar-fd/256MiB", "mr/dereg/bar-fd/256MiB", fd,
		   bar.info.size);
	cost_of_address("mr/reg/bar/4KiB, first", "mr/dereg/bar/4KiB, last",
			bar.bytes, PAGE);
	/* As long as somebody has it, the buffer of the mapping stays. */
	holder = ibv_reg_mr(pair.device->pd, bar.bytes, PAGE, ACCESS);
	assert_non_null(holder);
	cost_of_address("mr/reg/bar/4KiB", "mr/dereg/bar/4KiB", bar.bytes,
			PAGE);
	cost_of_address("mr/reg/bar/256MiB", "mr/dereg/bar/256MiB", bar.bytes,
			bar.info.size);
	ibv_dereg_mr(holder);
	close(fd);
}

static void cost_of_write(const char *row, uint64_t remote, uint32_t rkey)
{
	static struct samples samples;

	for (int i = -10; i < SAMPLES; i++) {
		uint64_t start = phyr_clock_ns();

		assert_int_equal(pair_transfer(&pair, IBV_WR_RDMA_WRITE,
					       buffer_range(buffer, WRITE_LEN),
					       remote, rkey, 1),
				 IBV_WC_SUCCESS);
		if (i >= 0)
			samples.ns[i] = phyr_clock_ns() - start;
	}
	print(row, &samples);
}

static void test_writing(void)
{
	struct ibv_mr *mr =
		ibv_reg_mr(pair.device->pd, bar.bytes, bar.info.size, ACCESS);

	assert_non_null(mr);
	cost_of_write("rdma/write/base/64KiB", (uintptr_t)buffer + WRITE_LEN,
		      buffer_mr->rkey);
	cost_of_write("rdma/write/bar/64KiB", (uintptr_t)bar.bytes, mr->rkey);
	ibv_dereg_mr(mr);
}

static void open_memory(void)
{
	bar_open(&bar);
	memset(buffer, 1, 2 * WRITE_LEN);
}

static void close_memory(void)
{
	bar_close(&bar);
}

static const struct test_case tests[] = {
	TEST(test_registration),
	TEST(test_writing),
};

PAIR_PROGRAM(.buffer_len = 2 * WRITE_LEN, .setup = open_memory,
	     .teardown = close_memory)
