/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_TEST_DEVICE_H
#define PHYR_TEST_DEVICE_H

#include <phyr/error.h>

#define PHYR_TEST_PATH "/dev/phyr_test"

/**
 * phyr_test_open() - open the kernel's test device, which only root may
 * @fd: its file descriptor, to be closed with close()
 * @error: filled on failure, or NULL
 *
 * Return: 0, -ENOENT on a kernel without CONFIG_PHYR_TEST, else -errno.
 */
int phyr_test_open(int *fd, struct phyr_error *error);

#endif
