/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ciphers of the kernel through /dev/phyr_test, and what OpenSSL makes of the
 * same bytes.
 */
#ifndef CRYPTO_CASE_H
#define CRYPTO_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <phyr_test_crypto.h>

#define BLOCK 16

/* A cipher of the kernel and the name that OpenSSL has for its mode. */
struct crypto_cipher {
	const char *driver;
	const char *mode; /* "CBC" or "CTR" */
};

#define CRYPTO_CIPHERS 6
extern const struct crypto_cipher crypto_ciphers[CRYPTO_CIPHERS];

/* Open /dev/phyr_test with a cipher and its key; or -1 and errno. */
int crypto_open(const char *driver, const uint8_t *key, size_t key_len);

/* One round: 0 or the errno of the ioctl. @iv is replaced on success. */
int crypto_run(int fd, uint32_t form, uint32_t flags,
	       const struct phyr_test_crypto_segment *src, size_t nr_src,
	       const struct phyr_test_crypto_segment *dst, size_t nr_dst,
	       uint64_t len, uint8_t *iv);

/* The same by OpenSSL; lengths that the mode does not take fail the test. */
void crypto_reference(const char *mode, const uint8_t *key, size_t key_len,
		      bool encrypt, const uint8_t *src, uint8_t *dst,
		      size_t len, const uint8_t *iv);

/* Encrypt a block by CBC over phyrs: 0, having compared it, or the errno. */
int crypto_check_block(int fd, const uint8_t *key, size_t key_len);

/* Without: a cipher that appears is not tested by testmgr. */
void crypto_self_tests(bool run);

/* The IV that is left after @len bytes, given input and output. */
void crypto_next_iv(const char *mode, bool encrypt, const uint8_t *src,
		    const uint8_t *dst, size_t len, uint8_t *iv);

#endif
