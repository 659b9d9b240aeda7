/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_GUP_TEST_H
#define PHYR_GUP_TEST_H

#include <stddef.h>
#include <stdint.h>

#include <phyr/error.h>

/**
 * phyr_gup_test_open() - open the kernel's own benchmark in debugfs
 * @fd: its file descriptor, to be closed with close()
 * @error: filled on failure, or NULL
 *
 * Return: 0, -ENOENT without CONFIG_GUP_TEST or debugfs, else -errno.
 */
int phyr_gup_test_open(int *fd, struct phyr_error *error);

/**
 * phyr_gup_test_pin_fast() - time one pin_user_pages_fast() for writing
 * @fd: from phyr_gup_test_open()
 * @addr: first byte, at the start of a page
 * @len: bytes, whole pages, pinned in one call
 * @ns: the time; gup_test counts whole microseconds
 * @error: filled on failure, or NULL
 *
 * Return: 0, -EFAULT if less than @len could be pinned, else -errno.
 */
int phyr_gup_test_pin_fast(int fd, void *addr, size_t len, uint64_t *ns,
			   struct phyr_error *error);

#endif
