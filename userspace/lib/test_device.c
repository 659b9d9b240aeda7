// SPDX-License-Identifier: GPL-2.0-only
/* /dev/phyr_test, on which the kernel measures pinning, mapping and ciphers. */
#include <phyr/test_device.h>

#include "kernel_file.h"

int phyr_test_open(int *fd, struct phyr_error *error)
{
	return kernel_file_open(
		PHYR_TEST_PATH,
		"this kernel is without CONFIG_PHYR_TEST, which the phyr series brings",
		fd, error);
}
