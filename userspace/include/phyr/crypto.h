/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_CRYPTO_H
#define PHYR_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#include <phyr/error.h>

/**
 * enum phyr_crypto_form - how the kernel describes memory to a cipher
 * @PHYR_CRYPTO_SG: pages, then a scatterlist with one entry a page
 * @PHYR_CRYPTO_PHYRS: physical ranges
 */
enum phyr_crypto_form {
	PHYR_CRYPTO_SG,
	PHYR_CRYPTO_PHYRS,
};

/**
 * phyr_crypto_open() - phyr_test_open(), with a cipher of the kernel
 * @cipher: name of an algorithm, or of one driver of it
 * @key: its key
 * @key_len: length of the key in bytes
 * @fd: file descriptor, to be closed with close()
 * @error: filled on failure, or NULL
 *
 * Return: 0, -ENOENT on a kernel without CONFIG_PHYR_TEST or without the
 * cipher, -ENOTTY without CONFIG_PHYR_TEST_CRYPTO, else -errno.
 */
int phyr_crypto_open(const char *cipher, const void *key, size_t key_len,
		     int *fd, struct phyr_error *error);

/**
 * phyr_crypto_bench() - encrypt memory, timing each round
 * @fd: from phyr_crypto_open(); the cipher has an IV of at most 16 bytes
 * @form: how the memory is described
 * @addr: first byte
 * @copy: where the ciphertext goes, NULL: to the same place
 * @len: bytes
 * @warmup: rounds before the first sample
 * @samples: number of samples, 1 to 2^20
 * @setup_ns: @samples times from the user range to the device, or to the call
 *	of a cipher in software
 * @total_ns: @samples times until all is done and released
 * @error: filled on failure, or NULL
 *
 * Return: 0, or the negative errno of the ioctl; then no sample is valid.
 */
int phyr_crypto_bench(int fd, enum phyr_crypto_form form, void *addr,
		      void *copy, size_t len, unsigned int warmup,
		      unsigned int samples, uint64_t *setup_ns,
		      uint64_t *total_ns, struct phyr_error *error);

/**
 * phyr_crypto_bench_completion() - time completions of a device's cipher
 * @fd: from phyr_crypto_open(); the cipher is asynchronous, and has an IV of at
 *	most 16 bytes
 * @form: how the memory is described
 * @addr: first byte of what is encrypted in place
 * @len: bytes
 * @warmup: rounds before the first sample
 * @samples: number of samples, 1 to 2^20
 * @complete_ns: @samples times from the interrupt of the device, which has
 *	answered before, until the owner of the request has been called back
 *	and goes on
 * @spare: room for @samples numbers, without meaning
 * @error: filled on failure, or NULL
 *
 * Return: 0; -EOPNOTSUPP if the cipher is not asynchronous; else the negative
 * errno of the ioctl. Then no sample is valid.
 */
int phyr_crypto_bench_completion(int fd, enum phyr_crypto_form form, void *addr,
				 size_t len, unsigned int warmup,
				 unsigned int samples, uint64_t *complete_ns,
				 uint64_t *spare, struct phyr_error *error);

#endif
