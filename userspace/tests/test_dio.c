// SPDX-License-Identifier: GPL-2.0-only
/* Which files may be read, and that they are, with what they hold. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>

#include <phyr/dio.h>
#include <phyr/size.h>

#include "test.h"

#define LEN (64 * PHYR_KIB)

static void refuses_what_it_must_not_open(void **state)
{
	static const struct {
		const char *path;
		int error;
	} cases[] = {
		{ "", EINVAL },		 { "dev/sda", EINVAL },
		{ "/dev/zero", EINVAL }, { "/dev", EINVAL },
		{ "/nosuch", ENOENT },	 { "/etc/passwd/x", ENOTDIR },
	};
	char longest[PHYR_DIO_PATH + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct phyr_error error = { 0 };

		assert_int_equal(phyr_dio_check(cases[i].path, &error),
				 -cases[i].error);
		assert_int_equal(error.code, cases[i].error);
		assert_true(*error.message);
	}
	memset(longest, '/', PHYR_DIO_PATH);
	longest[PHYR_DIO_PATH] = '\0';
	assert_int_equal(phyr_dio_check(longest, NULL), -ENAMETOOLONG);
	longest[PHYR_DIO_PATH - 1] = '\0';
	assert_int_equal(phyr_dio_check(longest, NULL), -EINVAL);
}

static char path[PHYR_DIO_PATH];

/* A file of LEN bytes, below the folder that the test runs in. */
static int make_file(void **state)
{
	char folder[PHYR_DIO_PATH - 16], bytes[LEN];
	int fd;

	(void)state;
	if (!getcwd(folder, sizeof(folder)))
		return -1;
	snprintf(path, sizeof(path), "%s/dio_XXXXXX", folder);
	fd = mkstemp(path);
	if (fd < 0)
		return -1;
	for (size_t i = 0; i < LEN; i++)
		bytes[i] = (char)(i * 7 + i / 512);
	if (write(fd, bytes, LEN) != (ssize_t)LEN || fsync(fd))
		return -1;
	return close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

/* The target that the file is on, or PHYR_DIO_TARGETS. */
static enum phyr_dio_target where(void)
{
	struct statfs system;

	assert_int_equal(statfs(path, &system), 0);
	if (system.f_type == EXT4_SUPER_MAGIC)
		return PHYR_DIO_EXT4;
	return system.f_type == 0x58465342 ? PHYR_DIO_XFS : PHYR_DIO_TARGETS;
}

static void knows_kinds_apart(void **state)
{
	enum phyr_dio_target there = where();

	(void)state;
	for (enum phyr_dio_target target = 0; target < PHYR_DIO_TARGETS;
	     target++) {
		struct phyr_error error = { 0 };
		struct phyr_dio dio;

		if (target == there)
			continue;
		assert_int_equal(phyr_dio_open(target, path, LEN, &dio, &error),
				 -ENODEV);
		assert_non_null(strstr(error.message, phyr_dio_name(target)));
	}
}

static void reads_what_is_there(void **state)
{
	enum phyr_dio_target there = where();
	struct phyr_error error;
	struct phyr_dio dio;
	uint64_t ns = 0;
	char *memory;

	(void)state;
	if (there == PHYR_DIO_TARGETS)
		skip();
	memory = mmap(NULL, LEN, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(memory, MAP_FAILED);
	if (phyr_dio_open(there, path, LEN, &dio, &error))
		fail_msg("%s", error.message);
	assert_int_equal(dio.size, LEN);
	assert_string_equal(dio.path, path);
	assert_int_equal(fcntl(dio.fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(phyr_dio_pread(&dio, memory, LEN, &ns, NULL), 0);
	assert_true(ns > 0);
	for (size_t i = 0; i < LEN; i++)
		assert_int_equal(memory[i], (char)(i * 7 + i / 512));
	phyr_dio_close(&dio);

	/* More than there is. */
	assert_int_equal(phyr_dio_open(there, path, LEN + 1, &dio, &error),
			 -ENODATA);
	assert_non_null(strstr(error.message, "holds 64 KiB"));
	munmap(memory, LEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_what_it_must_not_open),
		cmocka_unit_test_setup_teardown(knows_kinds_apart, make_file,
						remove_file),
		cmocka_unit_test_setup_teardown(reads_what_is_there, make_file,
						remove_file),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("dio", tests, NULL, NULL);
}
