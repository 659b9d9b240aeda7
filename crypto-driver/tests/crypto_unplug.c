// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device of virtio_crypto goes away while it is used, is reset, or stops
 * with an error: requests succeed or fail with ENODEV, none waits for ever,
 * users may outlive the device, keep their keys over a reset, and when it is
 * back everything works. What leaks or is used after it was freed is for the
 * debug kernel to see.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/virtio_config.h>

#include "crypto_case.h"
#include "harness.h"
#include "phyr_device.h"
#include "virtio_pci.h"

#define DRIVER "/sys/bus/virtio/drivers/virtio_crypto"
#define CIPHER "virtio_crypto_aes_cbc"
#define WORKERS 3
/* As many pages as fit the ring on both sides, in any form. */
#define LEN (1ul << 20)
#define ROUNDS 4
#define SESSIONS 256

static const uint8_t key[16] = "an AES-128 key";
static const uint8_t other_key[16] = "another AES key";
static char name[32];

static void tell_driver(const char *file)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), DRIVER "/%s", file);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, name, strlen(name)), strlen(name));
	close(fd);
}

struct worker {
	pthread_t thread;
	int fd;
	uint32_t form;
	atomic_uint done;
	atomic_int error;
};

/* Encrypts until it may not. */
static void *work(void *argument)
{
	struct worker *worker = argument;
	struct phyr_test_crypto_segment segment = { .len = LEN };
	uint8_t iv[BLOCK] = { 0 };
	void *memory = mmap(NULL, LEN, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	segment.addr = (uintptr_t)memory;
	do {
		worker->error = crypto_run(worker->fd, worker->form, 0,
					   &segment, 1, NULL, 0, LEN, iv);
		if (!worker->error)
			worker->done++;
	} while (!worker->error);
	munmap(memory, LEN);
	return NULL;
}

static int encrypt_block(int fd)
{
	return crypto_check_block(fd, key, sizeof(key));
}

static int try_once(void)
{
	int fd = crypto_open(CIPHER, key, sizeof(key)), err;

	if (fd < 0)
		return errno;
	err = encrypt_block(fd);
	close(fd);
	return err;
}

static void start_work(struct worker *workers)
{
	for (int i = 0; i < WORKERS; i++) {
		workers[i].form = i ? PHYR_TEST_LIST : PHYR_TEST_PAGES;
		workers[i].fd = crypto_open(CIPHER, key, sizeof(key));
		assert_true(workers[i].fd >= 0);
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work,
						&workers[i]),
				 0);
	}
	for (int i = 0; i < WORKERS; i++)
		while (!atomic_load(&workers[i].done)) {
			assert_int_equal(atomic_load(&workers[i].error), 0);
			usleep(1000);
		}
}

static void end_work(struct worker *workers)
{
	for (int i = 0; i < WORKERS; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_int_equal(workers[i].error, ENODEV);
	}
}

static void unplug_once(unsigned int pause_us)
{
	struct worker workers[WORKERS] = { 0 };

	start_work(workers);
	usleep(pause_us);
	tell_driver("unbind");
	end_work(workers);
	assert_int_equal(try_once(), ENOENT);

	/* Half of the users go before the device is back, half later. */
	for (int i = 0; i < WORKERS / 2; i++)
		close(workers[i].fd);
	tell_driver("bind");
	assert_int_equal(try_once(), 0);
	for (int i = WORKERS / 2; i < WORKERS; i++)
		close(workers[i].fd);
	assert_int_equal(try_once(), 0);
}

static void unplug_in_use(void)
{
	for (unsigned int i = 0; i < ROUNDS; i++)
		unplug_once(i * 700);
}

static void reset_once(unsigned int pause_us)
{
	struct worker workers[WORKERS] = { 0 };
	int others[WORKERS];

	start_work(workers);
	usleep(pause_us);
	assert_int_equal(virtio_pci_reset(name), 0);
	end_work(workers);

	/* Sessions may have other numbers now: nobody has another one's key. */
	for (int i = 0; i < WORKERS; i++) {
		others[i] = crypto_open(CIPHER, other_key, sizeof(other_key));
		assert_true(others[i] >= 0);
	}
	for (int i = 0; i < WORKERS; i++) {
		assert_int_equal(encrypt_block(workers[i].fd), 0);
		close(workers[i].fd);
		assert_int_equal(try_once(), 0);
	}
	for (int i = 0; i < WORKERS; i++) {
		assert_int_equal(crypto_check_block(others[i], other_key,
						    sizeof(other_key)),
				 0);
		close(others[i]);
	}
}

static void reset_in_use(void)
{
	int ret = virtio_pci_reset(name);

	if (ret == -ENOENT)
		skip("the bus of the device cannot reset it");
	assert_int_equal(ret, 0);
	for (unsigned int i = 0; i < ROUNDS; i++)
		reset_once(i * 700);
}

static void reset_device(void)
{
	assert_int_equal(virtio_pci_reset(name), 0);
}

static void rebind_driver(void)
{
	tell_driver("unbind");
	tell_driver("bind");
}

/*
 * QEMU's device has 256 sessions. Each user needs two. A kernel that is slow
 * from debugging only looks for memory of its own that is not freed.
 */
static void leave_no_session(void (*take_away)(void))
{
	int rounds = slow_kernel() ? ROUNDS : SESSIONS / 2 + 2;

	for (int i = 0; i < rounds; i++) {
		int fd = crypto_open(CIPHER, key, sizeof(key));

		if (fd < 0)
			fail("round %d: %s", i, strerror(errno));
		take_away();
		close(fd);
	}
	assert_int_equal(try_once(), 0);
}

static void reset_leaves_no_session(void)
{
	if (virtio_pci_reset(name) == -ENOENT)
		skip("the bus of the device cannot reset it");
	leave_no_session(reset_device);
}

static void unplug_leaves_no_session(void)
{
	leave_no_session(rebind_driver);
}

static void error_in_use(void)
{
	struct worker workers[WORKERS] = { 0 };

	/* QEMU looks at the ring of descriptors in vain, and says nothing. */
	if (virtio_pci_has_feature(name, VIRTIO_F_RING_PACKED))
		skip("a packed ring cannot be broken from here");
	start_work(workers);
	assert_int_equal(virtio_pci_break(name), 0);
	end_work(workers);
	assert_int_equal(try_once(), ENOENT);

	tell_driver("unbind");
	tell_driver("bind");
	for (int i = 0; i < WORKERS; i++) {
		assert_int_equal(encrypt_block(workers[i].fd), ENODEV);
		close(workers[i].fd);
	}
	assert_int_equal(try_once(), 0);
}

static void setup(void)
{
	close(test_device_open_or_skip());
	virtio_pci_find("virtio_crypto", name, sizeof(name));
	if (!*name)
		skip("no virtio crypto device");
	/* Each time that the device is back they would run once more. */
	crypto_self_tests(false);
}

static void teardown(void)
{
	crypto_self_tests(true);
}

static const struct test_case tests[] = {
	TEST(unplug_in_use),
	TEST(reset_in_use),
	TEST(reset_leaves_no_session),
	TEST(unplug_leaves_no_session),
	TEST(error_in_use),
};

TEST_MAIN(.setup = setup, .teardown = teardown)
