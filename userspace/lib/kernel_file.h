/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KERNEL_FILE_H
#define KERNEL_FILE_H

#include <phyr/error.h>

/**
 * kernel_file_open() - open a file through which root uses the kernel
 * @absent: why there may be no such file, and the cure
 * @fd: set on success
 *
 * Return: 0 or -errno.
 */
int kernel_file_open(const char *path, const char *absent, int *fd,
		     struct phyr_error *error);

#endif
