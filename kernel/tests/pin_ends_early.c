// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pins that end early: signals, poisoned pages and faults that take their time
 * leave no pin behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base_page.h"
#include "description.h"
#include "layout_case.h"
#include "phyr_device.h"
#include "pins.h"

#define MOST_PAGES 2048

static int fd;
static struct description *seen;

/* One page of the layout faults only when somebody resolves it. */
static int register_missing(uintptr_t addr)
{
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register missing = {
		.range = { .start = addr, .len = PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	if (uffd < 0)
		skip("userfaultfd: %s", strerror(errno));
	assert_int_equal(ioctl(uffd, UFFDIO_API, &api), 0);
	assert_int_equal(ioctl(uffd, UFFDIO_REGISTER, &missing), 0);
	return uffd;
}

static void wait_for_fault(int uffd)
{
	struct uffd_msg message;

	assert_int_equal(read(uffd, &message, sizeof(message)),
			 sizeof(message));
	assert_int_equal(message.event, UFFD_EVENT_PAGEFAULT);
}

static void resolve(int uffd, uintptr_t addr)
{
	static char page[MOST_PAGE] __attribute__((aligned(MOST_PAGE)));
	struct uffdio_copy copy = {
		.dst = addr,
		.src = (uintptr_t)page,
		.len = PAGE,
	};

	assert_int_equal(ioctl(uffd, UFFDIO_COPY, &copy), 0);
}

static const struct layout_part slow_memory[] = {
	{ "base", 1000, 0, TOUCH_WRITE },
	{ "base", 1000, 0, TOUCH_NOT },
};

static void *describe_slowly(void *request)
{
	describe(fd, request, seen);
	return NULL;
}

static void ignore(int signal)
{
	(void)signal;
}

/* A signal that does not kill does not shorten a pin. */
static void test_signal(void)
{
	struct sigaction action = { .sa_handler = ignore };
	struct layout layout;

	sigaction(SIGUSR1, &action, NULL);
	for_each_form(form)
	{
		struct description_request request;
		uintptr_t missing;
		pthread_t thread;
		int uffd;

		layout_case_build(&layout, slow_memory, 2, 0);
		missing = layout.end - 10 * PAGE;
		uffd = register_missing(missing);
		request = layout_case_request(&layout, form, PHYR_TEST_WRITE);
		pthread_create(&thread, NULL, describe_slowly, &request);
		wait_for_fault(uffd);
		for (int i = 0; i < 5; i++) {
			pthread_kill(thread, SIGUSR1);
			usleep(2000);
		}
		resolve(uffd, missing);
		pthread_join(thread, NULL);
		assert_int_equal(seen->error, 0);
		assert_int_equal(seen->done, request.len);
		assert_no_flaw(description_flaw(seen));
		close(uffd);
		layout_clear(&layout);
	}
}

/* One that kills ends it, and what was pinned by then is unpinned. */
static void test_kill(void)
{
	long before = pins_quiet();
	struct layout layout;

	for_each_form(form)
	{
		struct description_request request;
		int status, ready[2];
		pid_t child;
		char byte;

		layout_case_build(&layout, slow_memory, 2, 0);
		request = layout_case_request(&layout, form, PHYR_TEST_WRITE);
		assert_int_equal(pipe(ready), 0);
		child = fork();
		if (!child) {
			pthread_t thread;
			int uffd = register_missing(layout.end - 10 * PAGE);

			pthread_create(&thread, NULL, describe_slowly,
				       &request);
			wait_for_fault(uffd);
			if (write(ready[1], "", 1) != 1)
				_exit(1);
			pause();
		}
		close(ready[1]);
		assert_int_equal(read(ready[0], &byte, 1), 1);
		close(ready[0]);
		assert_true(pins_held() > before + 900);
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		assert_int_equal(WTERMSIG(status), SIGKILL);
		assert_int_equal(pins_settle(before), before);
		layout_clear(&layout);
	}
}

static void test_poisoned(void)
{
	static const struct layout_part part = { "base", 40, 0, TOUCH_WRITE };
	struct sigaction action = { .sa_handler = ignore }, before;
	struct layout layout;

	/* MADV_HWPOISON also tells the process that does it. */
	sigaction(SIGBUS, &action, &before);
	layout_case_build(&layout, &part, 1, 0);
	if (madvise((void *)(layout.start + 17 * PAGE), PAGE, MADV_HWPOISON)) {
		layout_clear(&layout);
		skip("MADV_HWPOISON: %s", strerror(errno));
	}
	for_each_form(form)
	{
		struct description_request request =
			layout_case_request(&layout, form, 0);

		request.addr += 50;
		request.len -= 100;
		describe(fd, &request, seen);
		if (form == PHYR_TEST_LIST) {
			assert_int_equal(seen->error, EFAULT);
		} else {
			assert_int_equal(seen->error, 0);
			assert_int_equal(seen->done, 17 * PAGE - 50);
			assert_no_flaw(description_flaw(seen));
		}
		request.addr = layout.start + 17 * PAGE + 1;
		request.len = 1;
		describe(fd, &request, seen);
		assert_int_equal(seen->error, EFAULT);
	}
	layout_clear(&layout);
	sigaction(SIGBUS, &before, NULL);
}

static void setup(void)
{
	fd = test_device_open_or_skip();
	seen = description_create(MOST_PAGES);
	assert_non_null(seen);
	layout_case_prepare();
}

static const struct test_case tests[] = {
	TEST(test_signal),
	TEST(test_kill),
	TEST(test_poisoned),
};

TEST_MAIN(.setup = setup)
