// SPDX-License-Identifier: GPL-2.0-only
/*
 * What GUP and /dev/phyr_test must refuse, with which errno, and that nothing
 * stays pinned when they do.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "description.h"
#include "island.h"
#include "pins.h"
#include "phyr_device.h"

#define PAGE 4096ul
#define PAGES 16
#define NOBODY 65534

static int device;
static struct description *seen;
/* PAGES pages that are followed and preceded by a hole. */
static char *memory;

static void setup(void)
{
	memory = island_map(PAGES * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1);
	madvise(memory, PAGES * PAGE, MADV_NOHUGEPAGE);
	seen = description_create(PAGES);
	assert_non_null(seen);
	device = test_device_open_or_skip();
}

static struct description_request whole(enum phyr_test_form form)
{
	return (struct description_request){
		.addr = (uintptr_t)memory,
		.len = PAGES * PAGE,
		.form = form,
		.flags = PHYR_TEST_WRITE,
	};
}

static int error_of(struct description_request request)
{
	describe(device, &request, seen);
	return seen->error;
}

static void test_zero_length(void)
{
	for_each_form(form)
	{
		struct description_request request = whole(form);

		request.len = 0;
		assert_errno_equal(error_of(request), EINVAL);
	}
}

static void test_wrap_around(void)
{
	static const struct {
		uintptr_t addr;
		size_t len;
	} ranges[] = {
		{ -PAGE, 2 * PAGE },
		{ -PAGE, PAGE },
		{ -1ul, 1 },
		{ -PAGE + 5, PAGE },
	};

	for_each_form(form) for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
	{
		struct description_request request = whole(form);

		request.addr = ranges[i].addr;
		request.len = ranges[i].len;
		assert_errno_equal(error_of(request), EOVERFLOW);
	}
}

static void test_length_of_the_address_space(void)
{
	static const size_t lengths[] = { -1ul, -PAGE, -PAGE + 1 };

	for (enum phyr_test_form form = PHYR_TEST_PHYRS; form <= PHYR_TEST_LIST;
	     form++)
		for (size_t i = 0; i < 3; i++) {
			struct description_request request = whole(form);

			request.len = lengths[i];
			/* No overflow, but more pages than a list may have. */
			if (form == PHYR_TEST_LIST && lengths[i] == -PAGE)
				assert_errno_equal(error_of(request), EINVAL);
			else
				assert_errno_equal(error_of(request),
						   EOVERFLOW);
		}
}

static void test_kernel_address(void)
{
	static const uintptr_t addresses[] = {
		0xffff888000000000,
		0xffffffff81000000,
		1ul << 62,
		1ul << 63,
	};

	for_each_form(form) for (size_t i = 0; i < 4; i++)
	{
		struct description_request request = whole(form);

		request.addr = addresses[i];
		assert_errno_equal(error_of(request), EFAULT);
		request.flags = 0;
		assert_errno_equal(error_of(request), EFAULT);
	}
}

static void test_end_of_user_addresses(void)
{
	for_each_form(form) for (unsigned int bit = 47; bit <= 56; bit += 9)
	{
		struct description_request request = whole(form);

		request.addr = (1ul << bit) - 2 * PAGE;
		request.len = 3 * PAGE;
		assert_errno_equal(error_of(request), EFAULT);
	}
}

static void test_unmapped(void)
{
	for_each_form(form)
	{
		struct description_request request = whole(form);

		request.addr += PAGES * PAGE;
		request.len = PAGE;
		assert_errno_equal(error_of(request), EFAULT);
		request.addr = (uintptr_t)memory - 1;
		request.len = 2;
		assert_errno_equal(error_of(request), EFAULT);
	}
}

static void test_unmapped_tail(void)
{
	for_each_form(form)
	{
		struct description_request request = whole(form);

		request.addr += PAGE + 100;
		request.len = (PAGES - 1) * PAGE;
		if (form == PHYR_TEST_LIST) {
			assert_errno_equal(error_of(request), EFAULT);
			continue;
		}
		assert_errno_equal(error_of(request), 0);
		assert_int_equal(seen->done, (PAGES - 1) * PAGE - 100);
		assert_no_flaw(description_flaw(seen));
	}
}

static void test_read_only_for_write(void)
{
	mprotect(memory, PAGES * PAGE, PROT_READ);
	for_each_form(form)
	{
		struct description_request request = whole(form);

		assert_errno_equal(error_of(request), EFAULT);
		request.flags = PHYR_TEST_WRITE | PHYR_TEST_LONGTERM;
		assert_errno_equal(error_of(request), EFAULT);
		request.flags = 0;
		assert_errno_equal(error_of(request), 0);
		assert_int_equal(seen->done, request.len);
	}
	mprotect(memory, PAGES * PAGE, PROT_READ | PROT_WRITE);
}

static void test_inaccessible(void)
{
	mprotect(memory, PAGES * PAGE, PROT_NONE);
	for_each_form(form)
	{
		struct description_request request = whole(form);

		request.flags = 0;
		assert_errno_equal(error_of(request), EFAULT);
	}
	mprotect(memory, PAGES * PAGE, PROT_READ | PROT_WRITE);
}

static void test_flags(void)
{
	static const unsigned int bad[] = {
		1u << 3,
		1u << 31,
		~0u,
		PHYR_TEST_GET | PHYR_TEST_LONGTERM,
	};

	for_each_form(form) for (size_t i = 0; i < 4; i++)
	{
		struct description_request request = whole(form);

		request.flags = bad[i];
		assert_errno_equal(error_of(request), EINVAL);
	}
}

static void test_form(void)
{
	struct description_request request = whole(PHYR_TEST_LIST + 1);

	assert_errno_equal(error_of(request), EINVAL);
	request.form = ~0u;
	assert_errno_equal(error_of(request), EINVAL);
	request.flags = PHYR_TEST_GET;
	for (request.form = PHYR_TEST_PHYRS; request.form <= PHYR_TEST_LIST;
	     request.form++)
		assert_errno_equal(error_of(request), EINVAL);
}

static int error_of_call(unsigned long command, void *arguments)
{
	return ioctl(device, command, arguments) ? errno : 0;
}

static struct phyr_test_describe describe_call(enum phyr_test_form form)
{
	return (struct phyr_test_describe){
		.addr = (uintptr_t)memory,
		.len = PAGES * PAGE,
		.form = form,
		.flags = PHYR_TEST_WRITE,
		.max_entries = PAGES,
		.entries = (uintptr_t)seen->entries,
	};
}

static void test_max_entries(void)
{
	for_each_form(form)
	{
		struct phyr_test_describe call = describe_call(form);

		call.max_entries = 0;
		assert_errno_equal(error_of_call(PHYR_TEST_DESCRIBE, &call),
				   EINVAL);
		call.max_entries = PHYR_TEST_MAX_ENTRIES + 1;
		assert_errno_equal(error_of_call(PHYR_TEST_DESCRIBE, &call),
				   EINVAL);
		call.max_entries = ~0u;
		assert_errno_equal(error_of_call(PHYR_TEST_DESCRIBE, &call),
				   EINVAL);
		call.max_entries = PHYR_TEST_MAX_ENTRIES;
		assert_errno_equal(error_of_call(PHYR_TEST_DESCRIBE, &call), 0);
		assert_int_equal(call.done, PAGES * PAGE);
	}
}

/* One page at every address: no two neighbours can be merged. */
static void map_one_page_everywhere(char *area)
{
	int file = memfd_create("page", MFD_CLOEXEC);

	assert_int_equal(ftruncate(file, PAGE), 0);
	for (size_t at = 0; at < PAGES * PAGE; at += PAGE)
		assert_ptr_equal(mmap(area + at, PAGE, PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_FIXED, file, 0),
				 area + at);
	close(file);
}

static void test_small_array(void)
{
	char *area = mmap(NULL, PAGES * PAGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	map_one_page_everywhere(area);
	for_each_form(form)
	{
		struct description_request request = whole(form);

		request.addr = (uintptr_t)area + 100;
		request.len -= 200;
		request.max_entries = PAGES;
		assert_errno_equal(error_of(request), 0);
		assert_int_equal(seen->done, request.len);
		assert_int_equal(seen->nr, PAGES);
		request.max_entries = 3;
		if (form != PHYR_TEST_PHYRS) {
			assert_errno_equal(error_of(request), ENOSPC);
			continue;
		}
		assert_errno_equal(error_of(request), 0);
		assert_int_equal(seen->nr, 3);
		assert_int_equal(seen->done, 3 * PAGE - 100);
		assert_no_flaw(description_flaw(seen));
	}
	munmap(area, PAGES * PAGE);
}

static void test_bad_pointers(void)
{
	for (unsigned long command = PHYR_TEST_DESCRIBE;;
	     command = PHYR_TEST_HOLD) {
		assert_errno_equal(error_of_call(command, NULL), EFAULT);
		assert_errno_equal(error_of_call(command, (void *)-8ul),
				   EFAULT);
		for_each_form(form)
		{
			struct phyr_test_describe call = describe_call(form);

			call.entries = (uintptr_t)memory + PAGES * PAGE - 8;
			assert_errno_equal(error_of_call(command, &call),
					   EFAULT);
			call.entries = 0;
			assert_errno_equal(error_of_call(command, &call),
					   EFAULT);
			call.entries = -4096ul;
			assert_errno_equal(error_of_call(command, &call),
					   EFAULT);
		}
		if (command == PHYR_TEST_HOLD)
			break;
	}
	/* None of the failed calls holds anything. */
	assert_errno_equal(error_of_call(PHYR_TEST_RELEASE, NULL), EINVAL);
}

static void test_hold_twice(void)
{
	assert_errno_equal(error_of_call(PHYR_TEST_RELEASE, NULL), EINVAL);
	for_each_form(form)
	{
		struct phyr_test_describe call = describe_call(form);
		long before = pins_quiet();

		assert_errno_equal(error_of_call(PHYR_TEST_HOLD, &call), 0);
		assert_pins(before + PAGES);
		assert_errno_equal(error_of_call(PHYR_TEST_HOLD, &call), EBUSY);
		assert_pins(before + PAGES);
		assert_errno_equal(error_of_call(PHYR_TEST_RELEASE, NULL), 0);
		assert_pins(before);
		assert_errno_equal(error_of_call(PHYR_TEST_RELEASE, NULL),
				   EINVAL);
	}
}

static void test_close_releases(void)
{
	long before = pins_quiet();

	for_each_form(form)
	{
		struct description_request request = whole(form);
		int fd = test_device_open();

		describe_and_hold(fd, &request, seen);
		assert_int_equal(seen->error, 0);
		assert_pins(before + PAGES);
		close(fd);
		assert_int_equal(pins_settle(before), before);
	}
}

static void test_death_releases(void)
{
	long before = pins_quiet();

	for_each_form(form)
	{
		struct description_request request = whole(form);
		pid_t child = fork();
		int status;

		if (!child) {
			describe_and_hold(test_device_open(), &request, seen);
			kill(getpid(), SIGKILL);
		}
		waitpid(child, &status, 0);
		assert_int_equal(WTERMSIG(status), SIGKILL);
		assert_int_equal(pins_settle(before), before);
	}
}

static void test_unknown_command(void)
{
	assert_errno_equal(error_of_call(_IO(PHYR_TEST_IOC_MAGIC, 0x04), NULL),
			   ENOTTY);
	assert_errno_equal(error_of_call(_IO('t', 0x00), NULL), ENOTTY);
	assert_errno_equal(error_of_call(TIOCGWINSZ, memory), ENOTTY);
}

static void child_without_rights(void)
{
	struct phyr_test_describe call = describe_call(PHYR_TEST_PAGES);

	assert_int_equal(setresgid(NOBODY, NOBODY, NOBODY), 0);
	assert_int_equal(setresuid(NOBODY, NOBODY, NOBODY), 0);
	assert_int_equal(test_device_open(), -1);
	assert_errno_equal(errno, EACCES);
	assert_errno_equal(error_of_call(PHYR_TEST_DESCRIBE, &call), EPERM);
	assert_errno_equal(error_of_call(PHYR_TEST_HOLD, &call), EPERM);
	assert_errno_equal(error_of_call(PHYR_TEST_RELEASE, NULL), EPERM);
	assert_errno_equal(error_of_call(PHYR_TEST_BENCH, NULL), EPERM);
}

static void test_not_root(void)
{
	in_child(child_without_rights);
}

static const struct test_case tests[] = {
	TEST(test_zero_length),
	TEST(test_wrap_around),
	TEST(test_length_of_the_address_space),
	TEST(test_kernel_address),
	TEST(test_end_of_user_addresses),
	TEST(test_unmapped),
	TEST(test_unmapped_tail),
	TEST(test_read_only_for_write),
	TEST(test_inaccessible),
	TEST(test_flags),
	TEST(test_form),
	TEST(test_max_entries),
	TEST(test_small_array),
	TEST(test_bad_pointers),
	TEST(test_hold_twice),
	TEST(test_close_releases),
	TEST(test_death_releases),
	TEST(test_unknown_command),
	TEST(test_not_root),
};

TEST_MAIN(.setup = setup)
