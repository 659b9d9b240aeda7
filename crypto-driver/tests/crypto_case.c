// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "crypto_case.h"
#include "harness.h"
#include "phyr_device.h"

#define SELF_TESTS_OFF "/sys/module/cryptomgr/parameters/notests"

const struct crypto_cipher crypto_ciphers[CRYPTO_CIPHERS] = {
	{ "virtio_crypto_aes_cbc", "CBC" },
	/* These two take phyrs by themselves, */
	{ "cbc-aes-lib", "CBC" },
	{ "ctr-aes-lib", "CTR" },
	/* these through skcipher_walk: a linear cipher and a template. */
	{ "cbc(aes-lib)", "CBC" },
	{ "ctr(aes-lib)", "CTR" },
	/* For this one the core converts; it completes later. */
	{ "cryptd(cbc-aes-lib)", "CBC" },
};

int crypto_open(const char *driver, const uint8_t *key, size_t key_len)
{
	struct phyr_test_crypto_key call = {
		.key = (uintptr_t)key,
		.key_len = (uint32_t)key_len,
	};
	int fd = test_device_open(), saved;

	if (fd < 0)
		return -1;
	snprintf(call.name, sizeof(call.name), "%s", driver);
	if (!ioctl(fd, PHYR_TEST_CRYPTO_KEY, &call))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int crypto_run(int fd, uint32_t form, uint32_t flags,
	       const struct phyr_test_crypto_segment *src, size_t nr_src,
	       const struct phyr_test_crypto_segment *dst, size_t nr_dst,
	       uint64_t len, uint8_t *iv)
{
	struct phyr_test_crypto_run run = {
		.src = (uintptr_t)src,
		.dst = (uintptr_t)dst,
		.nr_src = (uint32_t)nr_src,
		.nr_dst = (uint32_t)nr_dst,
		.len = len,
		.iv = (uintptr_t)iv,
		.form = form,
		.flags = flags,
		.samples = 1,
	};

	return ioctl(fd, PHYR_TEST_CRYPTO_RUN, &run) ? errno : 0;
}

void crypto_reference(const char *mode, const uint8_t *key, size_t key_len,
		      bool encrypt, const uint8_t *src, uint8_t *dst,
		      size_t len, const uint8_t *iv)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	EVP_CIPHER *cipher;
	char name[32];
	int done;

	snprintf(name, sizeof(name), "AES-%zu-%s", 8 * key_len, mode);
	cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	assert_non_null(cipher);
	assert_int_equal(
		EVP_CipherInit_ex2(context, cipher, key, iv, encrypt, NULL), 1);
	EVP_CIPHER_CTX_set_padding(context, 0);
	assert_int_equal(EVP_CipherUpdate(context, dst, &done, src, (int)len),
			 1);
	assert_int_equal(done, len);
	EVP_CIPHER_free(cipher);
	EVP_CIPHER_CTX_free(context);
}

int crypto_check_block(int fd, const uint8_t *key, size_t key_len)
{
	uint8_t block[BLOCK] = { 1, 2, 3 }, iv[BLOCK] = { 0 }, want[BLOCK];
	struct phyr_test_crypto_segment segment = { (uintptr_t)block, BLOCK };
	int err;

	crypto_reference("CBC", key, key_len, true, block, want, BLOCK, iv);
	err = crypto_run(fd, PHYR_TEST_LIST, 0, &segment, 1, NULL, 0, BLOCK,
			 iv);
	if (!err)
		assert_memory_equal(block, want, BLOCK);
	return err;
}

void crypto_self_tests(bool run)
{
	int fd = open(SELF_TESTS_OFF, O_WRONLY);

	if (fd < 0)
		return;
	assert_int_equal(write(fd, run ? "N" : "Y", 1), 1);
	close(fd);
}

void crypto_next_iv(const char *mode, bool encrypt, const uint8_t *src,
		    const uint8_t *dst, size_t len, uint8_t *iv)
{
	if (!len)
		return;
	if (!strcmp(mode, "CBC")) {
		memcpy(iv, (encrypt ? dst : src) + len - BLOCK, BLOCK);
		return;
	}
	/* A counter of 128 bits, one up for each block that was begun. */
	for (size_t blocks = (len + BLOCK - 1) / BLOCK; blocks; blocks--)
		for (int i = BLOCK - 1; i >= 0 && !++iv[i]; i--)
			;
}
