// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several users fill the ring of virtio_crypto, if it has no indirect
 * descriptors: each request then takes about half of it. All requests
 * complete, with the right bytes, in scatterlists and phyrs, and the thread
 * that waits for room sleeps meanwhile.
 *
 * A wake-up that is lost leaves requests waiting for ever.
 */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crypto_case.h"
#include "harness.h"
#include "phyr_device.h"

#define CIPHER "virtio_crypto_aes_cbc"
#define WORKERS 6
#define PAGE 4096ul
#define PAGES 250
#define LEN (PAGES * PAGE)
/*
 * Of the thread for each request, where the clock counts instructions: other
 * load does not change them. One that does not sleep runs until the device has
 * answered, which is many times as long.
 */
#define MOST_INSTRUCTIONS 50000

static const uint8_t key[16] = "an AES-128 key";
static uint8_t plain[LEN], wanted[LEN];
static bool counted;

struct worker {
	pthread_t thread;
	int fd;
	uint32_t form;
	int error;
	bool differs;
};

static unsigned int rounds(void)
{
	if (getenv("PHYR_LONG"))
		return 1000;
	/* A kernel that is slow from debugging gets fewer. */
	return slow_kernel() ? 5 : 40;
}

static void *work(void *argument)
{
	struct worker *worker = argument;
	uint8_t *memory = mmap(NULL, LEN, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct phyr_test_crypto_segment segment = { (uintptr_t)memory, LEN };

	madvise(memory, LEN, MADV_NOHUGEPAGE);
	for (unsigned int i = 0; i < rounds() && !worker->error; i++) {
		uint8_t iv[BLOCK] = { 0 };

		memcpy(memory, plain, LEN);
		worker->error = crypto_run(worker->fd, worker->form, 0,
					   &segment, 1, NULL, 0, LEN, iv);
		if (memcmp(memory, wanted, LEN))
			worker->differs = true;
	}
	munmap(memory, LEN);
	return NULL;
}

/* What the engines' threads have run so far, in ns */
static uint64_t engine_ns(void)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;
	uint64_t sum = 0;

	assert_non_null(folder);
	while ((entry = readdir(folder))) {
		char path[300], name[32] = "";
		struct timespec time;
		clockid_t clock;
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fgets(name, sizeof(name), file) &&
		    !strncmp(name, "virtio", 6) && strstr(name, "-engine") &&
		    !clock_getcpuclockid(atoi(entry->d_name), &clock) &&
		    !clock_gettime(clock, &time))
			sum += (uint64_t)time.tv_sec * 1000000000 +
			       (uint64_t)time.tv_nsec;
		fclose(file);
	}
	closedir(folder);
	return sum;
}

static void all_get_their_turn(void)
{
	struct worker workers[WORKERS] = { 0 };
	uint64_t used;

	for (size_t i = 0; i < LEN; i++)
		plain[i] = (uint8_t)(i * i >> 7);
	crypto_reference("CBC", key, sizeof(key), true, plain, wanted, LEN,
			 (uint8_t[BLOCK]){ 0 });
	used = engine_ns();
	for (int i = 0; i < WORKERS; i++) {
		workers[i].form = i % 2 ? PHYR_TEST_LIST : PHYR_TEST_PAGES;
		workers[i].fd = crypto_open(CIPHER, key, sizeof(key));
		assert_true(workers[i].fd >= 0);
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work,
						&workers[i]),
				 0);
	}
	for (int i = 0; i < WORKERS; i++)
		pthread_join(workers[i].thread, NULL);
	used = (engine_ns() - used) / (WORKERS * rounds());

	for (int i = 0; i < WORKERS; i++) {
		assert_errno_equal(workers[i].error, 0);
		assert_false(workers[i].differs);
		close(workers[i].fd);
	}
	note("the thread that waits for room ran %llu ns for each request",
	     (unsigned long long)used);
	if (counted)
		assert_relation(used, <, MOST_INSTRUCTIONS);
}

static void setup(void)
{
	char line[2048];
	FILE *file;
	int fd;

	close(test_device_open_or_skip());
	fd = crypto_open(CIPHER, key, sizeof(key));
	if (fd < 0)
		skip("no %s", CIPHER);
	close(fd);
	file = fopen("/proc/cmdline", "r");
	assert_non_null(file);
	counted = fgets(line, sizeof(line), file) &&
		  strstr(line, "phyr.clock=icount");
	fclose(file);
}

static const struct test_case tests[] = {
	TEST(all_get_their_turn),
};

TEST_MAIN(.setup = setup)
