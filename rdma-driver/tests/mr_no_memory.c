// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registering memory, with the first, the second and each further allocation of
 * the kernel failing: it says so, and keeps nothing. The kernel's slab memory is
 * looked at by kmemleak, where that is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"
#include "pins.h"
#include "rdma_device.h"

#define LEN (1ul << 20)
#define MOST 1000 /* allocations */
#define FAULTS "/sys/kernel/debug/failslab/"
#define NTH "/proc/thread-self/fail-nth"

static struct phyr_device *device;
static char *memory;
static int nth = -1;

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		fail("%s: %s", path, strerror(errno));
	close(fd);
}

static void setup(void)
{
	if (access(FAULTS, F_OK))
		skip("no CONFIG_FAILSLAB");
	device = rdma_device_open();
	nth = open(NTH, O_RDWR | O_CLOEXEC);
	if (nth < 0)
		fail("%s: %s", NTH, strerror(errno));
	put(FAULTS "verbose", "0");
	/* Those that may sleep fail, too. */
	put(FAULTS "ignore-gfp-wait", "0");
	memory = mmap(NULL, LEN, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(memory, MAP_FAILED);
	memset(memory, 1, LEN);
}

static void teardown(void)
{
	put(FAULTS "ignore-gfp-wait", "1");
	close(nth);
	munmap(memory, LEN);
	phyr_device_close(device);
}

/* The allocation of this number fails, of what the thread does next. */
static void fail_next(int number)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", number);

	assert_int_equal(pwrite(nth, text, len, 0), len);
}

/* Whether there were fewer. */
static bool none_failed(void)
{
	char text[16] = "";

	assert_true(pread(nth, text, sizeof(text) - 1, 0) > 0);
	fail_next(0);
	return atoi(text);
}

static void test_register(void)
{
	const long pins = pins_quiet();
	int number = 0, failures = 0;
	struct ibv_mr *mr;
	bool last;

	do {
		int error;

		assert_true(++number < MOST);
		fail_next(number);
		mr = ibv_reg_mr(device->pd, memory, LEN, ALL_ACCESS);
		error = errno;
		last = none_failed();
		if (mr) {
			assert_int_equal(ibv_dereg_mr(mr), 0);
		} else {
			assert_errno_equal(error, ENOMEM);
			failures++;
		}
		if (pins_settle(pins) != pins)
			fail("allocation %d fails: %ld pages stay pinned",
			     number, pins_held() - pins);
	} while (!last);
	assert_true(failures > 0);
	note("%d allocations, %d of which have to succeed", number - 1,
	     failures);
}

static const struct test_case tests[] = {
	TEST(test_register),
};

TEST_MAIN(.setup = setup, .teardown = teardown)
