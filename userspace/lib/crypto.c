// SPDX-License-Identifier: GPL-2.0-only
/* Has the kernel encrypt memory with one of its ciphers and time each round. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <phyr_test_crypto.h>

#include <phyr/crypto.h>
#include <phyr/test_device.h>

static int set_key(int fd, const char *cipher, const void *key, size_t key_len,
		   struct phyr_error *error)
{
	struct phyr_test_crypto_key call = {
		.key = (uintptr_t)key,
		.key_len = (uint32_t)key_len,
	};

	if (strlen(cipher) >= sizeof(call.name))
		return phyr_error_set(
			error, -ENAMETOOLONG,
			"cipher \"%s\": a name has at most %zu bytes", cipher,
			sizeof(call.name) - 1);
	strcpy(call.name, cipher);
	if (!ioctl(fd, PHYR_TEST_CRYPTO_KEY, &call))
		return 0;
	if (errno == ENOTTY)
		return phyr_error_set(
			error, -errno,
			"this kernel is without CONFIG_PHYR_TEST_CRYPTO");
	if (errno == ENOENT)
		return phyr_error_set(
			error, -errno,
			"this kernel has no cipher \"%s\"; for virtio there must be a device, too",
			cipher);
	return phyr_error_set(error, -errno,
			      "cipher \"%s\" with a key of %zu bytes: %s",
			      cipher, key_len, strerror(errno));
}

int phyr_crypto_open(const char *cipher, const void *key, size_t key_len,
		     int *fd, struct phyr_error *error)
{
	int new, ret;

	ret = phyr_test_open(&new, error);
	if (ret)
		return ret;
	ret = set_key(new, cipher, key, key_len, error);
	if (ret) {
		close(new);
		return ret;
	}
	*fd = new;
	return 0;
}

static int bench(int fd, enum phyr_crypto_form form,
		 struct phyr_test_crypto_run *run, struct phyr_error *error)
{
	uint8_t iv[16] = { 0 };

	run->iv = (uintptr_t)iv;
	run->form = form == PHYR_CRYPTO_SG ? PHYR_TEST_PAGES : PHYR_TEST_LIST;
	if (ioctl(fd, PHYR_TEST_CRYPTO_RUN, run))
		return phyr_error_set(
			error, -errno,
			PHYR_TEST_PATH ": encrypting %zu bytes as %s: %s",
			(size_t)run->len,
			form == PHYR_CRYPTO_SG ? "a scatterlist" : "phyrs",
			strerror(errno));
	return 0;
}

int phyr_crypto_bench(int fd, enum phyr_crypto_form form, void *addr,
		      void *copy, size_t len, unsigned int warmup,
		      unsigned int samples, uint64_t *setup_ns,
		      uint64_t *total_ns, struct phyr_error *error)
{
	struct phyr_test_crypto_segment src = { (uintptr_t)addr, len };
	struct phyr_test_crypto_segment dst = { (uintptr_t)copy, len };
	struct phyr_test_crypto_run run = {
		.src = (uintptr_t)&src,
		.nr_src = 1,
		.dst = (uintptr_t)&dst,
		.nr_dst = copy ? 1 : 0,
		.len = len,
		.warmup = warmup,
		.samples = samples,
		.setup_ns = (uintptr_t)setup_ns,
		.total_ns = (uintptr_t)total_ns,
	};

	return bench(fd, form, &run, error);
}

int phyr_crypto_bench_completion(int fd, enum phyr_crypto_form form, void *addr,
				 size_t len, unsigned int warmup,
				 unsigned int samples, uint64_t *complete_ns,
				 uint64_t *spare, struct phyr_error *error)
{
	struct phyr_test_crypto_segment src = { (uintptr_t)addr, len };
	struct phyr_test_crypto_run run = {
		.src = (uintptr_t)&src,
		.nr_src = 1,
		.len = len,
		.flags = PHYR_TEST_CRYPTO_COMPLETION,
		.warmup = warmup,
		.samples = samples,
		.setup_ns = (uintptr_t)complete_ns,
		.total_ns = (uintptr_t)spare,
	};

	return bench(fd, form, &run, error);
}
