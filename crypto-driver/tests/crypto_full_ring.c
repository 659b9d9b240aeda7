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
#include <sys/mman.h>
#include <unistd.h>

#include "clock_ns.h"
#include "crypto_case.h"
#include "harness.h"
#include "phyr_device.h"

#define CIPHER "virtio_crypto_aes_cbc"
#define WORKERS 6
#define PAGE 4096ul
#define PAGES 250
#define LEN (PAGES * PAGE)

static const uint8_t key[16] = "an AES-128 key";
static uint8_t plain[LEN], wanted[LEN];

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
	return getenv("PHYR_LAYOUTS") ? 5 : 40;
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

/* Behind the name in /proc/PID/stat: eleven fields, then the CPU time in ticks */
#define STAT ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu"

static unsigned long long ticks_in(const char *line)
{
	unsigned long long user = 0, system = 0;

	line = strrchr(line, ')');
	if (line)
		sscanf(line, STAT, &user, &system);
	return user + system;
}

/* That of the engines' threads so far, in ns */
static uint64_t engine_ns(void)
{
	uint64_t tick_ns = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK), sum = 0;
	DIR *folder = opendir("/proc");
	struct dirent *entry;

	assert_non_null(folder);
	while ((entry = readdir(folder))) {
		char path[300], line[512];
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fgets(line, sizeof(line), file) &&
		    strstr(line, "(virtio") && strstr(line, "-engine)"))
			sum += ticks_in(line) * tick_ns;
		fclose(file);
	}
	closedir(folder);
	return sum;
}

static void all_get_their_turn(void)
{
	struct worker workers[WORKERS] = { 0 };
	uint64_t elapsed, used;

	for (size_t i = 0; i < LEN; i++)
		plain[i] = (uint8_t)(i * i >> 7);
	crypto_reference("CBC", key, sizeof(key), true, plain, wanted, LEN,
			 (uint8_t[BLOCK]){ 0 });
	used = engine_ns();
	elapsed = clock_ns();
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
	elapsed = clock_ns() - elapsed;
	used = engine_ns() - used;

	for (int i = 0; i < WORKERS; i++) {
		assert_errno_equal(workers[i].error, 0);
		assert_false(workers[i].differs);
		close(workers[i].fd);
	}
	note("the thread that waits for room ran %llu of %llu ms",
	     (unsigned long long)used / 1000000,
	     (unsigned long long)elapsed / 1000000);
	/* It also hands most of the requests over, beside a busy host. */
	assert_relation(used, <, elapsed / 3 * 2);
}

static void setup(void)
{
	int fd;

	close(test_device_open_or_skip());
	fd = crypto_open(CIPHER, key, sizeof(key));
	if (fd < 0)
		skip("no %s", CIPHER);
	close(fd);
}

static const struct test_case tests[] = {
	TEST(all_get_their_turn),
};

TEST_MAIN(.setup = setup)
