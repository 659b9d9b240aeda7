// SPDX-License-Identifier: GPL-2.0-only
/* Pins memory with the kernel's own benchmark, gup_test. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/types.h>

#include <phyr/gup_test.h>

#include "kernel_file.h"

#define DEVICE_PATH "/sys/kernel/debug/gup_test"

/* The kernel does not export mm/gup_test.h; this is its ABI. */
struct gup_test_request {
	__u64 get_usec;
	__u64 put_usec;
	__u64 addr;
	__u64 size; /* out: bytes pinned */
	__u32 pages_per_call;
	__u32 gup_flags;
	__u32 test_flags;
	__u32 which_pages[8];
};

#define PIN_FAST_BENCHMARK _IOWR('g', 2, struct gup_test_request)
#define FOLL_WRITE 0x01

int phyr_gup_test_open(int *fd, struct phyr_error *error)
{
	return kernel_file_open(
		DEVICE_PATH,
		"the kernel is without CONFIG_GUP_TEST, or debugfs is not mounted: mount -t debugfs none /sys/kernel/debug",
		fd, error);
}

int phyr_gup_test_pin_fast(int fd, void *addr, size_t len, uint64_t *ns,
			   struct phyr_error *error)
{
	struct gup_test_request request = {
		.addr = (uintptr_t)addr,
		.size = len,
		.pages_per_call = (__u32)(len / (size_t)sysconf(_SC_PAGESIZE)),
		.gup_flags = FOLL_WRITE,
	};

	if (ioctl(fd, PIN_FAST_BENCHMARK, &request))
		return phyr_error_set(error, -errno,
				      DEVICE_PATH ": pinning %zu bytes: %s",
				      len, strerror(errno));
	if (request.size != len)
		return phyr_error_set(error, -EFAULT,
				      DEVICE_PATH
				      ": only %zu of %zu bytes were pinned",
				      (size_t)request.size, len);
	*ns = request.get_usec * 1000;
	return 0;
}
