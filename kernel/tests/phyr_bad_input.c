// SPDX-License-Identifier: GPL-2.0-only
/*
 * What GUP and /dev/phyr_test must refuse, with which errno, and that nothing
 * stays pinned when they do.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "description.h"
#include "pins.h"
#include "pins_case.h"

#define PAGE 4096ul
#define PAGES 16
#define NOBODY 65534

static int device;
static struct description *seen;
/* PAGES pages that are followed and preceded by a hole. */
static char *memory;

static int group_setup(void **state)
{
	(void)state;
	/* Far from the addresses that the kernel chooses for others. */
	memory = mmap((void *)(1ul << 44), PAGES * PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (memory == MAP_FAILED)
		return -1;
	madvise(memory, PAGES * PAGE, MADV_NOHUGEPAGE);
	seen = description_create(PAGES);
	return seen ? 0 : -1;
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

#define for_each_form(form)                              \
	for (enum phyr_test_form form = PHYR_TEST_PAGES; \
	     form <= PHYR_TEST_LIST; form++)

static void test_zero_length(void **state)
{
	(void)state;
	for_each_form(form)
	{
		struct description_request request = whole(form);

		request.len = 0;
		assert_int_equal(error_of(request), EINVAL);
	}
}

static void test_wrap_around(void **state)
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

	(void)state;
	for_each_form(form) for (size_t i = 0;
				 i < sizeof(ranges) / sizeof(*ranges); i++)
	{
		struct description_request request = whole(form);

		request.addr = ranges[i].addr;
		request.len = ranges[i].len;
		assert_int_equal(error_of(request), EOVERFLOW);
	}
}

static void test_length_of_the_address_space(void **state)
{
	static const size_t lengths[] = { -1ul, -PAGE, -PAGE + 1 };

	(void)state;
	for (enum phyr_test_form form = PHYR_TEST_PHYRS; form <= PHYR_TEST_LIST;
	     form++)
		for (size_t i = 0; i < 3; i++) {
			struct description_request request = whole(form);

			request.len = lengths[i];
			/* No overflow, but more pages than a list may have. */
			if (form == PHYR_TEST_LIST && lengths[i] == -PAGE)
				assert_int_equal(error_of(request), EINVAL);
			else
				assert_int_equal(error_of(request), EOVERFLOW);
		}
}

static void test_kernel_address(void **state)
{
	static const uintptr_t addresses[] = {
		0xffff888000000000,
		0xffffffff81000000,
		1ul << 62,
		1ul << 63,
	};

	(void)state;
	for_each_form(form) for (size_t i = 0; i < 4; i++)
	{
		struct description_request request = whole(form);

		request.addr = addresses[i];
		assert_int_equal(error_of(request), EFAULT);
		request.flags = 0;
		assert_int_equal(error_of(request), EFAULT);
	}
}

static void test_end_of_user_addresses(void **state)
{
	(void)state;
	for_each_form(form) for (unsigned int bit = 47; bit <= 56; bit += 9)
	{
		struct description_request request = whole(form);

		request.addr = (1ul << bit) - 2 * PAGE;
		request.len = 3 * PAGE;
		assert_int_equal(error_of(request), EFAULT);
	}
}

static void test_unmapped(void **state)
{
	(void)state;
	for_each_form(form)
	{
		struct description_request request = whole(form);

		request.addr += PAGES * PAGE;
		request.len = PAGE;
		assert_int_equal(error_of(request), EFAULT);
		request.addr = (uintptr_t)memory - 1;
		request.len = 2;
		assert_int_equal(error_of(request), EFAULT);
	}
}

static void test_unmapped_tail(void **state)
{
	(void)state;
	for_each_form(form)
	{
		struct description_request request = whole(form);

		request.addr += PAGE + 100;
		request.len = (PAGES - 1) * PAGE;
		if (form == PHYR_TEST_LIST) {
			assert_int_equal(error_of(request), EFAULT);
			continue;
		}
		assert_int_equal(error_of(request), 0);
		assert_int_equal(seen->done, (PAGES - 1) * PAGE - 100);
		assert_null(description_flaw(seen));
	}
}

static void test_read_only_for_write(void **state)
{
	(void)state;
	mprotect(memory, PAGES * PAGE, PROT_READ);
	for_each_form(form)
	{
		struct description_request request = whole(form);

		assert_int_equal(error_of(request), EFAULT);
		request.flags = PHYR_TEST_WRITE | PHYR_TEST_LONGTERM;
		assert_int_equal(error_of(request), EFAULT);
		request.flags = 0;
		assert_int_equal(error_of(request), 0);
		assert_int_equal(seen->done, request.len);
	}
	mprotect(memory, PAGES * PAGE, PROT_READ | PROT_WRITE);
}

static void test_inaccessible(void **state)
{
	(void)state;
	mprotect(memory, PAGES * PAGE, PROT_NONE);
	for_each_form(form)
	{
		struct description_request request = whole(form);

		request.flags = 0;
		assert_int_equal(error_of(request), EFAULT);
	}
	mprotect(memory, PAGES * PAGE, PROT_READ | PROT_WRITE);
}

static void test_flags(void **state)
{
	static const unsigned int bad[] = {
		1u << 3,
		1u << 31,
		~0u,
		PHYR_TEST_GET | PHYR_TEST_LONGTERM,
	};

	(void)state;
	for_each_form(form) for (size_t i = 0; i < 4; i++)
	{
		struct description_request request = whole(form);

		request.flags = bad[i];
		assert_int_equal(error_of(request), EINVAL);
	}
}

static void test_form(void **state)
{
	struct description_request request = whole(PHYR_TEST_LIST + 1);

	(void)state;
	assert_int_equal(error_of(request), EINVAL);
	request.form = ~0u;
	assert_int_equal(error_of(request), EINVAL);
	request.form = PHYR_TEST_LIST;
	request.flags = PHYR_TEST_GET;
	assert_int_equal(error_of(request), EINVAL);
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

static void test_max_entries(void **state)
{
	(void)state;
	for_each_form(form)
	{
		struct phyr_test_describe call = describe_call(form);

		call.max_entries = 0;
		assert_int_equal(error_of_call(PHYR_TEST_DESCRIBE, &call),
				 EINVAL);
		call.max_entries = PHYR_TEST_MAX_ENTRIES + 1;
		assert_int_equal(error_of_call(PHYR_TEST_DESCRIBE, &call),
				 EINVAL);
		call.max_entries = ~0u;
		assert_int_equal(error_of_call(PHYR_TEST_DESCRIBE, &call),
				 EINVAL);
		call.max_entries = PHYR_TEST_MAX_ENTRIES;
		assert_int_equal(error_of_call(PHYR_TEST_DESCRIBE, &call), 0);
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

static void test_small_array(void **state)
{
	char *area = mmap(NULL, PAGES * PAGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	map_one_page_everywhere(area);
	for_each_form(form)
	{
		struct description_request request = whole(form);

		request.addr = (uintptr_t)area + 100;
		request.len -= 200;
		request.max_entries = PAGES;
		assert_int_equal(error_of(request), 0);
		assert_int_equal(seen->done, request.len);
		assert_int_equal(seen->nr, PAGES);
		request.max_entries = 3;
		if (form != PHYR_TEST_PHYRS) {
			assert_int_equal(error_of(request), ENOSPC);
			continue;
		}
		assert_int_equal(error_of(request), 0);
		assert_int_equal(seen->nr, 3);
		assert_int_equal(seen->done, 3 * PAGE - 100);
		assert_null(description_flaw(seen));
	}
	munmap(area, PAGES * PAGE);
}

static void test_bad_pointers(void **state)
{
	(void)state;
	for (unsigned long command = PHYR_TEST_DESCRIBE;;
	     command = PHYR_TEST_HOLD) {
		assert_int_equal(error_of_call(command, NULL), EFAULT);
		assert_int_equal(error_of_call(command, (void *)-8ul), EFAULT);
		for_each_form(form)
		{
			struct phyr_test_describe call = describe_call(form);

			call.entries = (uintptr_t)memory + PAGES * PAGE - 8;
			assert_int_equal(error_of_call(command, &call), EFAULT);
			call.entries = 0;
			assert_int_equal(error_of_call(command, &call), EFAULT);
			call.entries = -4096ul;
			assert_int_equal(error_of_call(command, &call), EFAULT);
		}
		if (command == PHYR_TEST_HOLD)
			break;
	}
	/* None of the failed calls holds anything. */
	assert_int_equal(error_of_call(PHYR_TEST_RELEASE, NULL), EINVAL);
}

static void test_hold_twice(void **state)
{
	(void)state;
	assert_int_equal(error_of_call(PHYR_TEST_RELEASE, NULL), EINVAL);
	for_each_form(form)
	{
		struct phyr_test_describe call = describe_call(form);
		long before = pins_quiet();

		assert_int_equal(error_of_call(PHYR_TEST_HOLD, &call), 0);
		assert_pins(before + PAGES);
		assert_int_equal(error_of_call(PHYR_TEST_HOLD, &call), EBUSY);
		assert_pins(before + PAGES);
		assert_int_equal(error_of_call(PHYR_TEST_RELEASE, NULL), 0);
		assert_pins(before);
		assert_int_equal(error_of_call(PHYR_TEST_RELEASE, NULL),
				 EINVAL);
	}
}

static void test_close_releases(void **state)
{
	long before = pins_quiet();

	(void)state;
	for_each_form(form)
	{
		struct description_request request = whole(form);
		int fd = phyr_test_open();

		describe_and_hold(fd, &request, seen);
		assert_int_equal(seen->error, 0);
		assert_pins(before + PAGES);
		close(fd);
		assert_int_equal(pins_settle(before), before);
	}
}

static void test_death_releases(void **state)
{
	long before = pins_quiet();

	(void)state;
	for_each_form(form)
	{
		struct description_request request = whole(form);
		pid_t child = fork();
		int status;

		if (!child) {
			describe_and_hold(phyr_test_open(), &request, seen);
			kill(getpid(), SIGKILL);
		}
		waitpid(child, &status, 0);
		assert_int_equal(WTERMSIG(status), SIGKILL);
		assert_int_equal(pins_settle(before), before);
	}
}

static void test_unknown_command(void **state)
{
	(void)state;
	assert_int_equal(error_of_call(_IO(PHYR_TEST_IOC_MAGIC, 0x04), NULL),
			 ENOTTY);
	assert_int_equal(error_of_call(_IO('t', 0x00), NULL), ENOTTY);
	assert_int_equal(error_of_call(TIOCGWINSZ, memory), ENOTTY);
}

/* Bits: what went wrong in the child. */
static int child_without_rights(void)
{
	struct phyr_test_describe call = describe_call(PHYR_TEST_PAGES);
	int wrong = 0;

	if (setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		return 1;
	if (phyr_test_open() >= 0 || errno != EACCES)
		wrong |= 2;
	if (error_of_call(PHYR_TEST_DESCRIBE, &call) != EPERM)
		wrong |= 4;
	if (error_of_call(PHYR_TEST_HOLD, &call) != EPERM)
		wrong |= 8;
	if (error_of_call(PHYR_TEST_RELEASE, NULL) != EPERM)
		wrong |= 16;
	if (error_of_call(PHYR_TEST_BENCH, NULL) != EPERM)
		wrong |= 32;
	return wrong;
}

static void test_not_root(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (!child)
		_exit(child_without_rights());
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		pins_case(test_zero_length),
		pins_case(test_wrap_around),
		pins_case(test_length_of_the_address_space),
		pins_case(test_kernel_address),
		pins_case(test_end_of_user_addresses),
		pins_case(test_unmapped),
		pins_case(test_unmapped_tail),
		pins_case(test_read_only_for_write),
		pins_case(test_inaccessible),
		pins_case(test_flags),
		pins_case(test_form),
		pins_case(test_max_entries),
		pins_case(test_small_array),
		pins_case(test_bad_pointers),
		pins_case(test_hold_twice),
		pins_case(test_close_releases),
		pins_case(test_death_releases),
		pins_case(test_unknown_command),
		pins_case(test_not_root),
	};

	device = phyr_test_open();
	if (device < 0) {
		printf("1..0 # SKIP /dev/phyr_test: %s\n", strerror(errno));
		return 77;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("phyr_bad_input", tests, group_setup,
					   NULL);
}
