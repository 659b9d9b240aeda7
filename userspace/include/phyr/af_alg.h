/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_AF_ALG_H
#define PHYR_AF_ALG_H

#include <stddef.h>
#include <stdint.h>

#include <phyr/error.h>

/**
 * phyr_af_alg_open() - open a socket that encrypts with one key
 * @cipher: the kernel's name of a symmetric cipher or of its driver
 * @key: the key
 * @key_len: bytes in @key
 * @fd: its file descriptor, to be closed with close()
 * @error: filled on failure, or NULL
 *
 * Return: 0, -EAFNOSUPPORT without CONFIG_CRYPTO_USER_API_SKCIPHER, -ENOENT if
 * the kernel has no such cipher or lets no process use it, else -errno.
 */
int phyr_af_alg_open(const char *cipher, const void *key, size_t key_len,
		     int *fd, struct phyr_error *error);

/**
 * phyr_af_alg_encrypt() - encrypt memory in place and time the ciphering
 * @fd: from phyr_af_alg_open()
 * @iv: 16 bytes
 * @addr: first byte
 * @len: bytes, a multiple of 16
 * @ns: the time of the read() that encrypts; the write() that copies the
 *	plaintext into the socket comes before it
 * @error: filled on failure, or NULL
 *
 * Return: 0, -EMSGSIZE if the socket's buffer does not hold @len bytes, else
 * -errno.
 */
int phyr_af_alg_encrypt(int fd, const void *iv, void *addr, size_t len,
			uint64_t *ns, struct phyr_error *error);

#endif
