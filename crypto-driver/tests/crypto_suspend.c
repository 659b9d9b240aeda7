// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine is suspended and woken up again: users of virtio_crypto keep their
 * keys, requests that are on their way succeed, and the device has no session
 * left over from before.
 *
 * /sys/power/pm_test lets the kernel suspend all devices and resume them at
 * once. The device of 9p gets a new driver afterwards, as its own one cannot do
 * that: nothing may be mounted from it.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crypto_case.h"
#include "harness.h"
#include "phyr_device.h"
#include "virtio_pci.h"

#define CIPHER "virtio_crypto_aes_cbc"
#define LEVEL "/sys/power/pm_test"
#define STATE "/sys/power/state"
#define DELAY "/sys/module/suspend/parameters/pm_test_delay"
#define DRIVER_9P "/sys/bus/virtio/drivers/9pnet_virtio"
/* QEMU's device has 256 sessions, and each user has two of them. */
#define USERS 60
#define ROUNDS 3
#define WORKERS 3
#define LEN (1ul << 20)

static const uint8_t keys[2][16] = { "an AES-128 key", "another AES key" };

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t written, error;

	if (fd < 0)
		fail("%s: %s", path, strerror(errno));
	written = write(fd, text, strlen(text));
	error = errno;
	close(fd);
	if (written != (ssize_t)strlen(text))
		fail("%s: %s", path, strerror((int)error));
}

static void revive_9p(void)
{
	char name[32];

	virtio_pci_find("9pnet_virtio", name, sizeof(name));
	if (!*name)
		return;
	write_to(DRIVER_9P "/unbind", name);
	write_to(DRIVER_9P "/bind", name);
}

static void suspend(void)
{
	write_to(LEVEL, "devices");
	write_to(STATE, "freeze");
	revive_9p();
}

static void keys_are_kept(void)
{
	int users[USERS];

	for (unsigned int i = 0; i < USERS; i++) {
		users[i] = crypto_open(CIPHER, keys[i % 2], sizeof(*keys));
		assert_true(users[i] >= 0);
	}
	/* Sessions that were left over would be too many after three times. */
	for (unsigned int round = 0; round < ROUNDS; round++) {
		suspend();
		for (unsigned int i = 0; i < USERS; i++)
			assert_errno_equal(crypto_check_block(users[i],
							      keys[i % 2],
							      sizeof(*keys)),
					   0);
	}
	for (unsigned int i = 0; i < USERS; i++)
		close(users[i]);
}

struct worker {
	pthread_t thread;
	uint32_t form;
	int error;
	atomic_uint done;
};

static atomic_bool stop;

static void *work(void *argument)
{
	struct worker *worker = argument;
	struct phyr_test_crypto_segment segment = { .len = LEN };
	uint8_t iv[BLOCK] = { 0 };
	int fd = crypto_open(CIPHER, keys[0], sizeof(*keys));
	void *memory = mmap(NULL, LEN, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	worker->error = fd < 0 ? errno : 0;
	segment.addr = (uintptr_t)memory;
	while (!stop && !worker->error) {
		worker->error = crypto_run(fd, worker->form, 0, &segment, 1,
					   NULL, 0, LEN, iv);
		worker->done++;
	}
	munmap(memory, LEN);
	close(fd);
	return NULL;
}

/* Each worker has had so many requests answered, or has failed. */
static void wait_for(struct worker *workers, unsigned int more)
{
	for (unsigned int i = 0; i < WORKERS; i++) {
		unsigned int goal = workers[i].done + more;

		while (workers[i].done < goal && !workers[i].error)
			usleep(1000);
	}
}

static void requests_go_on(void)
{
	struct worker workers[WORKERS] = { 0 };

	stop = false;
	for (unsigned int i = 0; i < WORKERS; i++) {
		workers[i].form = i ? PHYR_TEST_LIST : PHYR_TEST_PAGES;
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work,
						&workers[i]),
				 0);
	}
	for (unsigned int round = 0; round < ROUNDS; round++) {
		wait_for(workers, 2);
		suspend();
	}
	wait_for(workers, 2);
	stop = true;
	for (unsigned int i = 0; i < WORKERS; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_errno_equal(workers[i].error, 0);
	}
}

static bool mounted_9p(void)
{
	FILE *mounts = fopen("/proc/mounts", "r");
	char line[512];
	bool found = false;

	while (mounts && fgets(line, sizeof(line), mounts))
		found |= !!strstr(line, " 9p ");
	if (mounts)
		fclose(mounts);
	return found;
}

static void setup(void)
{
	int fd;

	close(test_device_open_or_skip());
	if (access(LEVEL, W_OK))
		skip("no " LEVEL);
	if (mounted_9p())
		skip("a file system would not survive it");
	fd = crypto_open(CIPHER, keys[0], sizeof(*keys));
	if (fd < 0)
		skip("no %s", CIPHER);
	close(fd);
	crypto_self_tests(false);
	write_to(DELAY, "0");
}

static void teardown(void)
{
	crypto_self_tests(true);
}

static const struct test_case tests[] = {
	TEST(keys_are_kept),
	TEST(requests_go_on),
};

TEST_MAIN(.setup = setup, .teardown = teardown)
