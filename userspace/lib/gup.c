// SPDX-License-Identifier: GPL-2.0-only
/* Has the kernel pin memory and time each round. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <phyr_test.h>

#include <phyr/gup.h>
#include <phyr/test_device.h>

int phyr_gup_bench(int fd, enum phyr_gup_form form, void *addr, size_t len,
		   unsigned int warmup, unsigned int samples, uint64_t *pin_ns,
		   uint64_t *unpin_ns, struct phyr_error *error)
{
	static const char *const names[] = {
		[PHYR_GUP_PAGES] = "pages",
		[PHYR_GUP_PHYRS] = "phyrs",
	};
	struct phyr_test_bench bench = {
		.addr = (uintptr_t)addr,
		.len = len,
		.form = form == PHYR_GUP_PAGES ? PHYR_TEST_PAGES
					       : PHYR_TEST_PHYRS,
		.flags = PHYR_TEST_WRITE | PHYR_TEST_LONGTERM,
		.warmup = warmup,
		.samples = samples,
		.pin_ns = (uintptr_t)pin_ns,
		.unpin_ns = (uintptr_t)unpin_ns,
	};

	if (ioctl(fd, PHYR_TEST_BENCH, &bench))
		return phyr_error_set(error, -errno,
				      PHYR_TEST_PATH
				      ": pinning %zu bytes as %s: %s",
				      len, names[form], strerror(errno));
	return 0;
}
