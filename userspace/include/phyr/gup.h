/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_GUP_H
#define PHYR_GUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <phyr/error.h>

/**
 * enum phyr_gup_form - how the kernel describes pinned memory
 * @PHYR_GUP_PAGES: an array of struct page pointers
 * @PHYR_GUP_PHYRS: an array of physical ranges
 */
enum phyr_gup_form {
	PHYR_GUP_PAGES,
	PHYR_GUP_PHYRS,
};

/**
 * struct phyr_gup_call - what phyr_gup_bench() is to do
 * @form: how the memory is described
 * @addr: first byte
 * @len: bytes
 * @write: whether it is pinned to be written to
 * @per_call: most pages or phyrs of one call in the kernel, or 0: all in one
 * @warmup: rounds before the first sample
 * @samples: number of samples, 1 to 2^20
 * @pin_ns: @samples times to pin
 * @unpin_ns: @samples times to unpin
 */
struct phyr_gup_call {
	enum phyr_gup_form form;
	void *addr;
	size_t len;
	bool write;
	unsigned int per_call;
	unsigned int warmup;
	unsigned int samples;
	uint64_t *pin_ns;
	uint64_t *unpin_ns;
};

/**
 * phyr_gup_bench() - pin and unpin memory in the kernel, long term as an RDMA
 *	device would, timing each
 * @fd: from phyr_test_open()
 * @call: what to do
 * @error: filled on failure, or NULL
 *
 * Return: 0, or the negative errno of the ioctl; then no sample is valid.
 */
int phyr_gup_bench(int fd, const struct phyr_gup_call *call,
		   struct phyr_error *error);

#endif
