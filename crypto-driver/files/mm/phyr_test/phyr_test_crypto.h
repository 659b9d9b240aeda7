/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/phyr_test: encrypt or decrypt the caller's memory with an algorithm of
 * the kernel, described as a scatterlist or as phyrs.
 *
 * As in phyr_test.h, every call needs CAP_SYS_ADMIN, and reserved fields and
 * unknown flags must be 0 (EINVAL).
 */
#ifndef _MM_PHYR_TEST_CRYPTO_H
#define _MM_PHYR_TEST_CRYPTO_H

#include "phyr_test.h"

#define PHYR_TEST_CRYPTO_NAME		64
#define PHYR_TEST_CRYPTO_MAX_SEGMENTS	8192

/**
 * struct phyr_test_crypto_key - choose an algorithm and its key
 * @name: of an skcipher or of its driver, with its NUL
 * @key: user pointer to @key_len bytes
 * @key_len: length of the key in bytes, 1 to 128
 * @reserved: 0
 *
 * Replaces what the open file had before. ENOENT if there is no such algorithm;
 * the errors of the algorithm for the key, and then the file has none.
 */
struct phyr_test_crypto_key {
	char	name[PHYR_TEST_CRYPTO_NAME];
	__u64	key;
	__u32	key_len;
	__u32	reserved;
};

/* Memory of the caller. Adjacent segments are not merged in the request. */
struct phyr_test_crypto_segment {
	__u64	addr;
	__u64	len;
};

#define PHYR_TEST_CRYPTO_DECRYPT	0x1
#define PHYR_TEST_CRYPTO_CONT		0x2	/* CRYPTO_SKCIPHER_REQ_CONT */
#define PHYR_TEST_CRYPTO_NOTFINAL	0x4	/* ..._REQ_NOTFINAL */
#define PHYR_TEST_CRYPTO_COMPLETION	0x8	/* time only that */

/**
 * struct phyr_test_crypto_run - encrypt memory many times, timing each
 * @src: user pointer to @nr_src segments
 * @dst: user pointer to @nr_dst segments
 * @nr_src: number of segments, to PHYR_TEST_CRYPTO_MAX_SEGMENTS
 * @nr_dst: the same; 0: in place
 * @len: bytes to process, from the start of both
 * @iv: user pointer to the IV, of the algorithm's length. Each round starts from
 *	it. On success it becomes the IV after the last round.
 * @form: PHYR_TEST_PAGES: pages, then a scatterlist with one entry per page;
 *	PHYR_TEST_LIST: one list of phyrs per segment, each chained to the next
 * @flags: PHYR_TEST_CRYPTO_*
 * @warmup: rounds before the first sample
 * @samples: number of samples, 1 to PHYR_TEST_MAX_SAMPLES
 * @setup_ns: user pointer to __u64[@samples]: the time from before the memory is
 *	pinned until crypto_skcipher_encrypt() is called; if the algorithm is
 *	asynchronous, until it returns, which is when the device has the request.
 *	For this, asynchronous algorithms are called with interrupts off, which
 *	some may not support.
 * @total_ns: user pointer to __u64[@samples]: the time from the same start until
 *	the request is complete and all that it used is released
 *
 * With %PHYR_TEST_CRYPTO_COMPLETION, @setup_ns gets other times: from when the
 * CPU can take the interrupt of a device that has answered until it has called
 * the caller back and goes on with it. Rounds in which the device has not
 * answered within 1 ms, for which interrupts are off, are repeated, 1,000 times
 * at most (ETIMEDOUT). EOPNOTSUPP for algorithms that are not asynchronous.
 *
 * With @setup_ns and @total_ns 0 there is one round, which is not timed.
 *
 * ENOKEY without an algorithm. EINVAL if the segments have fewer bytes than @len,
 * or @len does not fit a __u32. Else the errors of GUP and of the algorithm. A
 * round that fails ends the call, and no sample is written.
 */
struct phyr_test_crypto_run {
	__u64	src;
	__u64	dst;
	__u32	nr_src;
	__u32	nr_dst;
	__u64	len;
	__u64	iv;
	__u32	form;
	__u32	flags;
	__u32	warmup;
	__u32	samples;
	__u64	setup_ns;
	__u64	total_ns;
};

#define PHYR_TEST_CRYPTO_KEY	_IOW(PHYR_TEST_IOC_MAGIC, 0x20, \
				     struct phyr_test_crypto_key)
#define PHYR_TEST_CRYPTO_RUN	_IOW(PHYR_TEST_IOC_MAGIC, 0x21, \
				     struct phyr_test_crypto_run)

#endif /* _MM_PHYR_TEST_CRYPTO_H */
