// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a cipher request must be refused for, with which errno, in either form;
 * the destination and the IV are as they were, and the next request works.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crypto_case.h"
#include "harness.h"
#include "island.h"
#include "phyr_device.h"

#define PAGE 4096ul
#define PAGES 16
#define FILL 0x5a
#define MANY 600

static const uint8_t key[16] = "an AES-128 key";
/* Source in the first half, destination in the second, holes around. */
static uint8_t *memory, *destination;
static int device;

static struct phyr_test_crypto_segment segment(void *addr, size_t len)
{
	return (struct phyr_test_crypto_segment){ (uintptr_t)addr, len };
}

static void open_cipher(const char *driver)
{
	device = crypto_open(driver, key, sizeof(key));
	if (device < 0 && errno == ENOENT)
		skip("no %s", driver);
	assert_true(device >= 0);
	memset(memory, FILL, PAGES * PAGE);
}

static bool untouched(void)
{
	for (size_t i = 0; i < PAGES * PAGE; i++)
		if (memory[i] != FILL)
			return false;
	return true;
}

static int run(uint32_t form, const struct phyr_test_crypto_segment *src,
	       size_t nr_src, const struct phyr_test_crypto_segment *dst,
	       size_t nr_dst, uint64_t len)
{
	static const uint8_t zero[BLOCK];
	uint8_t iv[BLOCK] = { 0 };
	int err =
		crypto_run(device, form, 0, src, nr_src, dst, nr_dst, len, iv);

	if (err)
		assert_memory_equal(iv, zero, sizeof(iv));
	return err;
}

#define for_both_forms(form)                                          \
	for (uint32_t form = PHYR_TEST_PAGES; form <= PHYR_TEST_LIST; \
	     form += PHYR_TEST_LIST)

#define refuse(form, src, nr_src, dst, nr_dst, len, errno_wanted)            \
	do {                                                                 \
		assert_errno_equal(run(form, src, nr_src, dst, nr_dst, len), \
				   errno_wanted);                            \
		assert_true(untouched());                                    \
	} while (0)

static void lengths(void)
{
	struct phyr_test_crypto_segment src = segment(memory, 2 * PAGE);
	struct phyr_test_crypto_segment dst = segment(destination, 2 * PAGE);
	struct phyr_test_crypto_segment little = segment(destination, 31);

	for_both_forms(form)
	{
		/* Longer than the source, the destination, or both. */
		refuse(form, &src, 1, &dst, 1, 2 * PAGE + 16, EINVAL);
		refuse(form, &src, 1, &little, 1, 32, EINVAL);
		refuse(form, &little, 1, &dst, 1, 32, EINVAL);
		refuse(form, &src, 1, NULL, 0, 2 * PAGE + 16, EINVAL);
		/* Nothing to take the bytes from. */
		refuse(form, NULL, 0, &dst, 1, 16, EINVAL);
		refuse(form, NULL, 0, NULL, 0, 16, EINVAL);
		/* More than the length of a request can say. */
		refuse(form, &src, 1, &dst, 1, 1ull << 32, EINVAL);
		refuse(form, &src, 1, &dst, 1, (1ull << 32) + 16, EINVAL);
		refuse(form, &src, 1, &dst, 1, ~15ull, EINVAL);
		/* Nothing to do. */
		refuse(form, NULL, 0, NULL, 0, 0, 0);
		refuse(form, &src, 1, &dst, 1, 0, 0);
	}
}

/* Linear ciphers notice at the end only, as they do with scatterlists. */
static void partial_blocks(bool linear)
{
	struct phyr_test_crypto_segment src = segment(memory, 2 * PAGE);
	struct phyr_test_crypto_segment dst = segment(destination, 2 * PAGE);

	for_both_forms(form)
	{
		refuse(form, &src, 1, &dst, 1, 15, EINVAL);
		if (!linear)
			refuse(form, &src, 1, NULL, 0, 17, EINVAL);
		else
			assert_errno_equal(run(form, &src, 1, NULL, 0, 17),
					   EINVAL);
		memset(memory, FILL, PAGE);
	}
}

static bool is_fill(const uint8_t *bytes, size_t len)
{
	return bytes[0] == FILL && !memcmp(bytes, bytes + 1, len - 1);
}

/* The result is undefined, but it stays in the destination. */
static void overlaps(void)
{
	struct phyr_test_crypto_segment src = segment(memory, PAGE);

	for_both_forms(form)
	{
		for (size_t distance = 1; distance < PAGE; distance += 421) {
			struct phyr_test_crypto_segment dst =
				segment(memory + distance, PAGE);

			assert_errno_equal(run(form, &src, 1, &dst, 1, PAGE),
					   0);
			assert_true(is_fill(memory, distance));
			assert_true(is_fill(memory + distance + PAGE, PAGE));
			memset(memory, FILL, 3 * PAGE);
		}
	}
}

/* The same bytes, divided otherwise, are in place. */
static void divided_otherwise(void)
{
	struct phyr_test_crypto_segment src = segment(memory, PAGE), halves[2];
	static uint8_t whole[PAGE];

	assert_errno_equal(run(PHYR_TEST_LIST, &src, 1, NULL, 0, PAGE), 0);
	memcpy(whole, memory, PAGE);
	for (size_t cut = 1; cut < PAGE; cut += 421) {
		memset(memory, FILL, PAGE);
		halves[0] = segment(memory, cut);
		halves[1] = segment(memory + cut, PAGE - cut);
		assert_errno_equal(
			run(PHYR_TEST_LIST, &src, 1, halves, 2, PAGE), 0);
		assert_memory_equal(memory, whole, PAGE);
	}
	memset(memory, FILL, PAGE);
}

static void bad_memory(void)
{
	struct phyr_test_crypto_segment src = segment(memory, PAGE);
	struct phyr_test_crypto_segment before = segment(memory - PAGE, PAGE);
	struct phyr_test_crypto_segment behind[] = {
		segment(destination, 16), segment(memory + PAGES * PAGE, PAGE)
	};
	struct phyr_test_crypto_segment half =
		segment(memory + (PAGES - 1) * PAGE, 2 * PAGE);
	struct phyr_test_crypto_segment empty = segment(destination, 0);

	for_both_forms(form)
	{
		refuse(form, &before, 1, NULL, 0, 16, EFAULT);
		refuse(form, &src, 1, behind, 2, 16, EFAULT);
		refuse(form, &half, 1, NULL, 0, 16, EFAULT);
		refuse(form, &src, 1, &empty, 1, 0, EINVAL);
		mprotect(destination, PAGE, PROT_READ);
		refuse(form, &src, 1, behind, 1, 16, EFAULT);
		mprotect(destination, PAGE, PROT_READ | PROT_WRITE);
		refuse(form, (void *)16, 1, NULL, 0, 16, EFAULT);
	}
}

/* The ring of QEMU's device has 1,024 descriptors; phyrs come in parts. */
static void too_many_elements(void)
{
	static struct phyr_test_crypto_segment src[MANY], dst[MANY];

	for (size_t i = 0; i < MANY; i++) {
		src[i] = segment(memory + 32 * i, 16);
		dst[i] = segment(destination + 32 * i, 16);
	}
	refuse(PHYR_TEST_PAGES, src, MANY, dst, MANY, 16 * MANY, EINVAL);
	refuse(PHYR_TEST_PAGES, src, MANY, NULL, 0, 16 * MANY, EINVAL);
}

static void still_works(void)
{
	struct phyr_test_crypto_segment src = segment(memory, PAGE);
	struct phyr_test_crypto_segment dst = segment(destination, PAGE);

	for_both_forms(form)
		assert_errno_equal(run(form, &src, 1, &dst, 1, PAGE), 0);
	assert_false(untouched());
}

static void test_cipher(void)
{
	const struct crypto_cipher *cipher = test_element();

	open_cipher(cipher->driver);
	lengths();
	if (!strcmp(cipher->mode, "CBC"))
		partial_blocks(strchr(cipher->driver, '('));
	bad_memory();
	if (!strncmp(cipher->driver, "virtio", 6))
		too_many_elements();
	still_works();
	memset(memory, FILL, PAGES * PAGE);
	divided_otherwise();
	overlaps();
	close(device);
}

static int run_call(int fd, const struct phyr_test_crypto_run *change)
{
	struct phyr_test_crypto_run call = *change;

	return ioctl(fd, PHYR_TEST_CRYPTO_RUN, &call) ? errno : 0;
}

static void test_calls(void)
{
	struct phyr_test_crypto_segment src = segment(memory, PAGE);
	uint8_t iv[BLOCK] = { 0 };
	struct phyr_test_crypto_run good = {
		.src = (uintptr_t)&src, .nr_src = 1, .len = 16,
		.iv = (uintptr_t)iv, .form = PHYR_TEST_LIST, .samples = 1,
	}, bad;

	open_cipher("cbc-aes-lib");
	assert_errno_equal(run_call(device, &good), 0);
	bad = good, bad.form = PHYR_TEST_PHYRS;
	assert_errno_equal(run_call(device, &bad), EINVAL);
	bad = good, bad.form = 7;
	assert_errno_equal(run_call(device, &bad), EINVAL);
	bad = good, bad.flags = 1u << 4;
	assert_errno_equal(run_call(device, &bad), EINVAL);
	bad = good, bad.flags = PHYR_TEST_CRYPTO_COMPLETION;
	assert_errno_equal(run_call(device, &bad), EOPNOTSUPP);
	bad = good, bad.samples = 0;
	assert_errno_equal(run_call(device, &bad), EINVAL);
	bad = good, bad.samples = PHYR_TEST_MAX_SAMPLES + 1;
	assert_errno_equal(run_call(device, &bad), EINVAL);
	bad = good, bad.nr_src = PHYR_TEST_CRYPTO_MAX_SEGMENTS + 1;
	assert_errno_equal(run_call(device, &bad), EINVAL);
	bad = good, bad.nr_dst = ~0u;
	assert_errno_equal(run_call(device, &bad), EINVAL);
	bad = good, bad.iv = 16;
	assert_errno_equal(run_call(device, &bad), EFAULT);
	bad = good, bad.total_ns = 16;
	assert_errno_equal(run_call(device, &bad), EFAULT);
	assert_int_equal(ioctl(device, PHYR_TEST_CRYPTO_RUN, 16), -1);
	assert_int_equal(errno, EFAULT);
	assert_int_equal(ioctl(device, _IO(PHYR_TEST_IOC_MAGIC, 0x2f), 0), -1);
	assert_int_equal(errno, ENOTTY);
	close(device);
}

static int key_error(const struct phyr_test_crypto_key *call)
{
	return ioctl(device, PHYR_TEST_CRYPTO_KEY, call) ? errno : 0;
}

static void test_keys(void)
{
	struct phyr_test_crypto_segment src = segment(memory, PAGE);
	struct phyr_test_crypto_key call = { .key = (uintptr_t)key,
					     .key_len = 16 };

	open_cipher("cbc-aes-lib");
	strcpy(call.name, "no such cipher");
	assert_errno_equal(key_error(&call), ENOENT);
	/* The one before is gone. */
	assert_errno_equal(run(PHYR_TEST_LIST, &src, 1, NULL, 0, 16), ENOKEY);
	strcpy(call.name, "cbc-aes-lib");
	call.key_len = 17;
	assert_errno_equal(key_error(&call), EINVAL);
	call.key_len = 0;
	assert_errno_equal(key_error(&call), EINVAL);
	call.key_len = 129;
	assert_errno_equal(key_error(&call), EINVAL);
	call.key_len = 16;
	call.reserved = 1;
	assert_errno_equal(key_error(&call), EINVAL);
	call.reserved = 0;
	call.key = 16;
	assert_errno_equal(key_error(&call), EFAULT);
	call.key = (uintptr_t)key;
	memset(call.name, 'a', sizeof(call.name));
	assert_errno_equal(key_error(&call), EINVAL);
	assert_errno_equal(run(PHYR_TEST_LIST, &src, 1, NULL, 0, 16), ENOKEY);
	close(device);
}

static void setup(void)
{
	memory = island_map(PAGES * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1);
	madvise(memory, PAGES * PAGE, MADV_NOHUGEPAGE);
	destination = memory + PAGES / 2 * PAGE;
	close(test_device_open_or_skip());
}

static const struct test_case tests[] = {
	TEST_EACH(test_cipher, crypto_ciphers),
	TEST(test_calls),
	TEST(test_keys),
};

TEST_MAIN(.setup = setup)
