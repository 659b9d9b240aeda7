// SPDX-License-Identifier: GPL-2.0-only
/* What is refused when a DMA-buf is registered, and that nothing stays behind. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <phyr/dmabuf_mr.h>

#include "bar.h"
#include "pair_program.h"

#define PAGE 4096ul
#define LEN (16 * PAGE)
#define ACCESS                                              \
	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | \
	 IBV_ACCESS_REMOTE_READ)

static struct bar bar;
static int buf = -1;

static int registering(int fd, uint64_t offset, size_t len, uint64_t iova,
		       unsigned int access)
{
	struct phyr_dmabuf_mr mr;
	int ret = phyr_dmabuf_mr_register(pair.device->pd, fd, offset, len,
					  iova, access, &mr, NULL, NULL);

	if (!ret)
		assert_int_equal(phyr_dmabuf_mr_deregister(&mr, NULL, NULL), 0);
	assert_int_equal(bar_mappings(&bar), 0);
	return -ret;
}

static void test_ranges(void)
{
	assert_errno_equal(registering(buf, 0, LEN, 0, ACCESS), 0);
	assert_errno_equal(registering(buf, LEN - 1, 1, PAGE - 1, ACCESS), 0);
	assert_errno_equal(registering(buf, 0, LEN + 1, 0, ACCESS), EINVAL);
	assert_errno_equal(registering(buf, LEN, 1, 0, ACCESS), EINVAL);
	assert_errno_equal(registering(buf, 1, LEN, 1, ACCESS), EINVAL);
	assert_errno_equal(registering(buf, 0, 0, 0, ACCESS), EINVAL);
	assert_errno_equal(registering(buf, -PAGE, 2 * PAGE, 0, ACCESS),
			   EINVAL);
	assert_errno_equal(registering(buf, 0, SIZE_MAX, 0, ACCESS), EINVAL);
	assert_errno_equal(registering(buf, UINT64_MAX, 1, PAGE - 1, ACCESS),
			   EINVAL);
	/* The address in requests is as the offset within a page. */
	assert_errno_equal(registering(buf, 0, PAGE, 1, ACCESS), EINVAL);
}

static void test_files(void)
{
	int null = open("/dev/null", O_RDWR);

	assert_errno_equal(registering(-1, 0, PAGE, 0, ACCESS), EBADF);
	assert_errno_equal(registering(null, 0, PAGE, 0, ACCESS), EINVAL);
	assert_errno_equal(registering(bar.fd, 0, PAGE, 0, ACCESS), EINVAL);
	close(null);
}

static void test_access(void)
{
	bool io = bar.info.type >= 2;

	assert_errno_equal(registering(buf, 0, PAGE, 0, IBV_ACCESS_REMOTE_READ),
			   0);
	assert_errno_equal(registering(buf, 0, PAGE, 0, 0), 0);
	/* The memory is written through the bus, not by locked instructions. */
	assert_errno_equal(registering(buf, 0, PAGE, 0,
				       ACCESS | IBV_ACCESS_REMOTE_ATOMIC),
			   io ? EOPNOTSUPP : 0);
	assert_errno_equal(registering(buf, 0, PAGE, 0,
				       ACCESS | IBV_ACCESS_ON_DEMAND),
			   EINVAL);
	assert_errno_equal(registering(buf, 0, PAGE, 0,
				       ACCESS | IBV_ACCESS_MW_BIND),
			   EINVAL);
	assert_errno_equal(
		registering(buf, 0, PAGE, 0, IBV_ACCESS_REMOTE_WRITE), EINVAL);
}

static void test_revoked(void)
{
	bar_revoke(&bar);
	assert_errno_equal(registering(buf, 0, PAGE, 0, ACCESS), ENODEV);
	bar_restore(&bar);
	assert_errno_equal(registering(buf, 0, PAGE, 0, ACCESS), 0);
}

static int exporting(uint64_t offset, uint64_t len)
{
	const struct dmabuf_test_range range = { offset, len };
	struct dmabuf_test_export export = { .ranges = (uintptr_t)&range,
					     .nr = 1 };

	if (ioctl(bar.fd, DMABUF_TEST_EXPORT, &export))
		return errno;
	close(export.fd);
	return 0;
}

/* Of the exporter: what importers see lies in the memory. */
static void test_exporter(void)
{
	assert_errno_equal(exporting(0, bar.info.size), 0);
	assert_errno_equal(exporting(0, bar.info.size + PAGE), EINVAL);
	assert_errno_equal(exporting(bar.info.size, PAGE), EINVAL);
	assert_errno_equal(exporting(PAGE, -PAGE), EINVAL);
	assert_errno_equal(exporting(1, PAGE), EINVAL);
	assert_errno_equal(exporting(0, 1), EINVAL);
	assert_errno_equal(exporting(0, 0), EINVAL);
}

static void open_memory(void)
{
	const struct dmabuf_test_range range = { 5 * PAGE, LEN };

	bar_open(&bar);
	buf = bar_export(&bar, &range, 1);
}

static void close_memory(void)
{
	close(buf);
	bar_close(&bar);
}

static const struct test_case tests[] = {
	TEST(test_ranges),  TEST(test_files),	 TEST(test_access),
	TEST(test_revoked), TEST(test_exporter),
};

PAIR_PROGRAM(.setup = open_memory, .teardown = close_memory)
