// SPDX-License-Identifier: GPL-2.0-only
/* Has the kernel pin memory and time each round. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <phyr_test.h>

#include <phyr/gup.h>
#include <phyr/test_device.h>

int phyr_gup_bench(int fd, const struct phyr_gup_call *call,
		   struct phyr_error *error)
{
	static const char *const names[] = {
		[PHYR_GUP_PAGES] = "pages",
		[PHYR_GUP_PHYRS] = "phyrs",
	};
	struct phyr_test_bench bench = {
		.addr = (uintptr_t)call->addr,
		.len = call->len,
		.form = call->form == PHYR_GUP_PAGES ? PHYR_TEST_PAGES
						     : PHYR_TEST_PHYRS,
		.flags = (call->write ? PHYR_TEST_WRITE : 0) |
			 PHYR_TEST_LONGTERM,
		.per_call = call->per_call,
		.warmup = call->warmup,
		.samples = call->samples,
		.pin_ns = (uintptr_t)call->pin_ns,
		.unpin_ns = (uintptr_t)call->unpin_ns,
	};

	if (ioctl(fd, PHYR_TEST_BENCH, &bench))
		return phyr_error_set(error, -errno,
				      PHYR_TEST_PATH
				      ": pinning %zu bytes as %s: %s",
				      call->len, names[call->form],
				      strerror(errno));
	return 0;
}
