/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DIO_TARGET_H
#define DIO_TARGET_H

#include <sys/stat.h>

#include <phyr/dio.h>

/**
 * dio_target_verify() - is an open file of the kind that is asked for?
 * @target: the kind
 * @fd: the file
 * @status: of the file
 * @path: its name, for the error
 *
 * Return: 0 or -ENODEV.
 */
int dio_target_verify(enum phyr_dio_target target, int fd,
		      const struct stat *status, const char *path,
		      struct phyr_error *error);

#endif
