// SPDX-License-Identifier: GPL-2.0-only
/* The transforms of virtio_crypto are spread over its data queues. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto_case.h"
#include "harness.h"
#include "phyr_device.h"

#define CIPHER "virtio_crypto_aes_cbc"
#define QUEUES_MAX 8

/* Interrupts so far of each data queue; returns how many there are. */
static size_t count_interrupts(unsigned long *counts, size_t room)
{
	FILE *file = fopen("/proc/interrupts", "r");
	char line[1024], *at, *end;
	size_t n = 0;

	assert_non_null(file);
	while (n < room && fgets(line, sizeof(line), file)) {
		if (!strstr(line, "-dataq."))
			continue;
		counts[n] = 0;
		for (at = strchr(line, ':') + 1;; at = end) {
			unsigned long on_cpu = strtoul(at, &end, 10);

			if (end == at)
				break;
			counts[n] += on_cpu;
		}
		n++;
	}
	fclose(file);
	return n;
}

static void queues_take_turns(void)
{
	unsigned long earlier[QUEUES_MAX], later[QUEUES_MAX];
	size_t n = count_interrupts(earlier, QUEUES_MAX);
	uint8_t block[BLOCK] = { 0 }, key[16] = { 0 }, iv[BLOCK] = { 0 };
	struct phyr_test_crypto_segment segment = { (uintptr_t)block, BLOCK };

	if (n < 2)
		skip("the device has no two data queues");
	for (size_t i = 0; i < n; i++) {
		int fd = crypto_open(CIPHER, key, sizeof(key));

		assert_true(fd >= 0);
		assert_int_equal(crypto_run(fd, PHYR_TEST_LIST, 0, &segment, 1,
					    NULL, 0, BLOCK, iv),
				 0);
		close(fd);
	}
	assert_int_equal(count_interrupts(later, QUEUES_MAX), n);
	for (size_t i = 0; i < n; i++)
		assert_true(later[i] > earlier[i]);
}

static void setup(void)
{
	close(test_device_open_or_skip());
}

static const struct test_case tests[] = {
	TEST(queues_take_turns),
};

TEST_MAIN(.setup = setup)
