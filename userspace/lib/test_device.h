/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's test devices, which only root may open. */
#ifndef PHYR_TEST_DEVICE_H
#define PHYR_TEST_DEVICE_H

#include <phyr/error.h>

/* @absent: why there may be no such file, and the cure; @fd: set on success */
int test_device_open(const char *path, const char *absent, int *fd,
		     struct phyr_error *error);

#endif /* PHYR_TEST_DEVICE_H */
