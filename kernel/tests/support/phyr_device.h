/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_DEVICE_H
#define PHYR_DEVICE_H

#include <phyr_test.h>

/* Open /dev/phyr_test: the file, or -1 and errno. */
int test_device_open(void);

/* The same for a set-up: without the device no test can run. */
int test_device_open_or_skip(void);

#define for_each_form(form)                              \
	for (enum phyr_test_form form = PHYR_TEST_PAGES; \
	     form <= PHYR_TEST_LIST; form++)

#endif
