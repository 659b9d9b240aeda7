// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's AES equals OpenSSL's, whatever the memory is made of and however
 * a request divides it, for scatterlists and for phyrs, and nothing around the
 * destination changes.
 *
 * A wrong step, a block assembled wrongly where two ranges meet, a descriptor
 * too many or too few: each changes a byte or the IV that is left.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <phyr/backing.h>
#include <phyr/size.h>

#include "crypto_case.h"
#include "dice.h"
#include "harness.h"
#include "phyr_device.h"

#define ROUNDS 45
#define AREA (512 * 1024ul)
#define LENGTH_MAX (160 * 1024ul)
#define SEGMENTS 24
#define ELEMENTS 600
#define PAGES 1700
#define PAGE 4096ul

static struct phyr_backing *backings[PHYR_BACKING_KINDS];
/* What the memory was before, what it must be afterwards, in between. */
static uint8_t *before, *wanted, *plain, *result;
/* The same for many_pages() */
static uint8_t many_plain[PAGES * PAGE], many_wanted[PAGES * PAGE];

static unsigned int rounds(void)
{
	if (getenv("PHYR_LONG"))
		return 5000;
	return slow_kernel() ? ROUNDS / 3 : ROUNDS;
}

static uint32_t seed(void)
{
	const char *text = getenv("PHYR_SEED");

	return text ? (uint32_t)strtoul(text, NULL, 0) : 1;
}

static void setup(void)
{
	close(test_device_open_or_skip());
	for (int kind = 0; kind < PHYR_BACKING_KINDS; kind++) {
		struct phyr_error error;

		if (phyr_backing_create(kind, 2 * AREA, &backings[kind],
					&error))
			note("without %s: %s", phyr_backing_name(kind),
			     error.message);
	}
	before = malloc(2 * AREA);
	wanted = malloc(2 * AREA);
	plain = malloc(2 * AREA);
	result = malloc(2 * AREA);
	assert_true(backings[PHYR_BACKING_BASE] && before && wanted && plain &&
		    result);
}

static void teardown(void)
{
	for (int kind = 0; kind < PHYR_BACKING_KINDS; kind++)
		phyr_backing_destroy(backings[kind]);
	free(before);
	free(wanted);
	free(plain);
	free(result);
}

/* Rolling for each byte would take most of the time. */
static void fill(uint8_t *bytes, size_t len, struct dice *dice)
{
	uint64_t word = 1 + dice_roll(dice, 1u << 31);

	for (size_t i = 0; i < len; i++) {
		if (i % 8 == 0) {
			word ^= word << 13;
			word ^= word >> 7;
			word ^= word << 17;
		}
		bytes[i] = (uint8_t)(word >> i % 8 * 8);
	}
}

/*
 * Segments of together @len bytes somewhere in the area at @start, in an order
 * and with gaps that are all chance.
 */
struct split {
	size_t nr;
	size_t offset[SEGMENTS];
	struct phyr_test_crypto_segment segments[SEGMENTS];
};

static void split_roll(struct split *split, uintptr_t start, size_t len,
		       struct dice *dice)
{
	size_t nr = len ? 1 + dice_roll(dice, SEGMENTS) : 0, at, room;

	if (nr > len)
		nr = len;
	split->nr = nr;
	/* Lengths: all 1, then the rest in random portions. */
	for (size_t i = 0; i < nr; i++)
		split->segments[i].len = 1;
	for (size_t left = len - nr; left;) {
		size_t n = 1 + dice_roll(dice, left);

		split->segments[dice_roll(dice, nr)].len += n;
		left -= n;
	}
	/* Places: a random rotation of the order, gaps where there is room. */
	at = 0;
	room = AREA - len;
	for (size_t i = 0, turn = nr ? dice_roll(dice, nr) : 0; i < nr; i++) {
		size_t which = (i + turn) % nr;
		size_t gap = dice_one_in(dice, 2)   ? 0
			     : dice_one_in(dice, 2) ? dice_roll(dice, 64)
						    : dice_roll(dice, 8192);

		if (gap > room)
			gap = room;
		room -= gap;
		at += gap;
		split->offset[which] = at;
		split->segments[which].addr = start + at;
		at += split->segments[which].len;
	}
}

static void gather(const struct split *split, const uint8_t *area, uint8_t *to)
{
	for (size_t i = 0; i < split->nr; i++) {
		memcpy(to, area + split->offset[i], split->segments[i].len);
		to += split->segments[i].len;
	}
}

static void scatter(const struct split *split, uint8_t *area,
		    const uint8_t *from)
{
	for (size_t i = 0; i < split->nr; i++) {
		memcpy(area + split->offset[i], from, split->segments[i].len);
		from += split->segments[i].len;
	}
}

static size_t roll_length(const char *mode, struct dice *dice)
{
	size_t len = dice_one_in(dice, 8)   ? 0
		     : dice_one_in(dice, 3) ? dice_roll(dice, 200)
					    : dice_roll(dice, LENGTH_MAX);

	return strcmp(mode, "CTR") ? len / BLOCK * BLOCK : len;
}

struct story {
	const struct crypto_cipher *cipher;
	uint32_t form;
	size_t key_len;
	size_t len;
	bool encrypt;
	bool in_place;
	int kinds[2];
	unsigned int round;
};

static void check_bytes(const struct story *story, const char *what,
			const void *got, const void *want, size_t len)
{
	const uint8_t *a = got, *b = want;

	for (size_t i = 0; i < len; i++)
		if (a[i] != b[i])
			fail("%s, %s, round %u: %zu bytes %scrypted with %zu-byte key, %s to %s%s: %s differs at %zu",
			     story->cipher->driver,
			     story->form == PHYR_TEST_LIST ? "phyrs" : "sg",
			     story->round, story->len,
			     story->encrypt ? "en" : "de", story->key_len,
			     phyr_backing_name(story->kinds[0]),
			     phyr_backing_name(story->kinds[1]),
			     story->in_place ? ", in place" : "", what, i);
}

static int roll_backing(struct dice *dice)
{
	int kind;

	do
		kind = (int)dice_roll(dice, PHYR_BACKING_KINDS);
	while (!backings[kind]);
	return kind;
}

/* Source in the first half of one backing, destination in the second of one. */
static void one_round(struct story *story, struct dice *dice)
{
	static const size_t key_lens[] = { 16, 24, 32 };
	uint8_t key[32], iv[BLOCK], iv_wanted[BLOCK];
	struct split src, dst;
	uint8_t *from, *to;
	int fd, err;

	fill(key, sizeof(key), dice);
	fill(iv, sizeof(iv), dice);
	/* Counters that are going to carry. */
	if (dice_one_in(dice, 3))
		memset(iv + 1, 0xff, sizeof(iv) - 1);
	story->key_len = key_lens[dice_roll(dice, 3)];
	story->len = roll_length(story->cipher->mode, dice);
	story->encrypt = dice_one_in(dice, 2);
	story->in_place = dice_one_in(dice, 2);
	story->kinds[0] = roll_backing(dice);
	story->kinds[1] = story->in_place ? story->kinds[0]
					  : roll_backing(dice);
	from = backings[story->kinds[0]]->addr;
	to = (uint8_t *)backings[story->kinds[1]]->addr + AREA;
	if (story->in_place)
		to = from;

	fill(from, AREA, dice);
	split_roll(&src, (uintptr_t)from, story->len, dice);
	gather(&src, from, plain);
	crypto_reference(story->cipher->mode, key, story->key_len,
			 story->encrypt, plain, result, story->len, iv);
	memcpy(iv_wanted, iv, sizeof(iv));
	crypto_next_iv(story->cipher->mode, story->encrypt, plain, result,
		       story->len, iv_wanted);
	if (!story->in_place) {
		fill(to, 4096, dice);
		split_roll(&dst, (uintptr_t)to, story->len, dice);
	}
	memcpy(before, from, AREA);
	memcpy(wanted, to, AREA);
	scatter(story->in_place ? &src : &dst, wanted, result);

	fd = crypto_open(story->cipher->driver, key, story->key_len);
	assert_true(fd >= 0);
	err = crypto_run(fd, story->form,
			 story->encrypt ? 0 : PHYR_TEST_CRYPTO_DECRYPT,
			 src.segments, src.nr, dst.segments,
			 story->in_place ? 0 : dst.nr, story->len, iv);
	close(fd);
	if (err)
		fail("%s, round %u, %zu bytes: %s", story->cipher->driver,
		     story->round, story->len, strerror(err));
	check_bytes(story, "the destination", to, wanted, AREA);
	if (!story->in_place)
		check_bytes(story, "the source", from, before, AREA);
	check_bytes(story, "the IV", iv, iv_wanted, sizeof(iv));
}

static void skip_without(const char *driver)
{
	static const uint8_t key[16];
	int fd = crypto_open(driver, key, sizeof(key));

	if (fd < 0) {
		assert_errno_equal(errno, ENOENT);
		skip("no %s", driver);
	}
	close(fd);
}

static void equals_openssl(void)
{
	const struct crypto_cipher *cipher = test_element();
	struct dice dice = dice_with_seed(seed());

	skip_without(cipher->driver);
	for (unsigned int round = 0; round < rounds(); round++)
		for (int list = 0; list < 2; list++) {
			struct story story = {
				.cipher = cipher,
				.form = list ? PHYR_TEST_LIST : PHYR_TEST_PAGES,
				.round = round,
			};

			one_round(&story, &dice);
		}
}

/* Segments of one block each, so many a side. */
static void elements(const char *driver, size_t nr, uint32_t form)
{
	static struct phyr_test_crypto_segment src[ELEMENTS], dst[ELEMENTS];
	uint8_t *from = backings[PHYR_BACKING_BASE]->addr, *to = from + AREA;
	struct dice dice = dice_with_seed((uint32_t)nr);
	uint8_t key[16], iv[BLOCK], iv_before[BLOCK];
	int fd, err;

	fill(key, sizeof(key), &dice);
	fill(iv, sizeof(iv), &dice);
	memcpy(iv_before, iv, sizeof(iv));
	fill(from, AREA, &dice);
	for (size_t i = 0; i < nr; i++) {
		src[i].addr = (uintptr_t)from + 2 * i * BLOCK;
		dst[nr - 1 - i].addr = (uintptr_t)to + 2 * i * BLOCK;
		src[i].len = dst[i].len = BLOCK;
		memcpy(plain + i * BLOCK, from + 2 * i * BLOCK, BLOCK);
	}
	crypto_reference("CBC", key, sizeof(key), true, plain, result,
			 nr * BLOCK, iv);

	fd = crypto_open(driver, key, sizeof(key));
	assert_true(fd >= 0);
	err = crypto_run(fd, form, 0, src, nr, dst, nr, nr * BLOCK, iv);
	close(fd);
	if (err)
		fail("%zu elements a side: %s", nr, strerror(err));
	for (size_t i = 0; i < nr; i++)
		assert_memory_equal((void *)(uintptr_t)dst[i].addr,
				    result + i * BLOCK, BLOCK);
	assert_memory_equal(iv, result + (nr - 1) * BLOCK, BLOCK);
}

/*
 * A driver that makes more than one descriptor of an element overruns the ring
 * of 1,024, and the request never completes.
 */
static void many_elements(void)
{
	static const size_t numbers[] = { 1, 2, 31, 32, 33, 64, 200, 499, 500 };

	skip_without("virtio_crypto_aes_cbc");
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		elements("virtio_crypto_aes_cbc", numbers[i], PHYR_TEST_PAGES);
		elements("virtio_crypto_aes_cbc", numbers[i], PHYR_TEST_LIST);
	}
	elements("virtio_crypto_aes_cbc", ELEMENTS, PHYR_TEST_LIST);
}

/* Pages that are not adjacent: each one is a range. */
static uint8_t *create_pages(size_t nr)
{
	uint8_t *pages = mmap(NULL, nr * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(pages != MAP_FAILED);
	madvise(pages, nr * PAGE, MADV_NOHUGEPAGE);
	for (size_t odd = 0; odd < 2; odd++)
		for (size_t i = odd; i < nr; i += 2)
			pages[i * PAGE] = 1;
	return pages;
}

static void crypt_pages(size_t nr, bool encrypt, bool in_place)
{
	uint8_t *from = create_pages(nr);
	uint8_t *to = in_place ? from : create_pages(nr);
	struct phyr_test_crypto_segment src = { (uintptr_t)from, nr * PAGE };
	struct phyr_test_crypto_segment dst = { (uintptr_t)to, nr * PAGE };
	uint8_t key[16], iv[BLOCK], iv_wanted[BLOCK];
	struct dice dice = dice_with_seed((uint32_t)nr);
	int fd, err;

	fill(key, sizeof(key), &dice);
	fill(iv, sizeof(iv), &dice);
	fill(from, nr * PAGE, &dice);
	memcpy(many_plain, from, nr * PAGE);
	crypto_reference("CBC", key, sizeof(key), encrypt, many_plain,
			 many_wanted, nr * PAGE, iv);
	crypto_next_iv("CBC", encrypt, many_plain, many_wanted, nr * PAGE,
		       iv_wanted);

	fd = crypto_open("virtio_crypto_aes_cbc", key, sizeof(key));
	assert_true(fd >= 0);
	err = crypto_run(fd, PHYR_TEST_LIST,
			 encrypt ? 0 : PHYR_TEST_CRYPTO_DECRYPT, &src, 1, &dst,
			 in_place ? 0 : 1, nr * PAGE, iv);
	close(fd);
	if (err)
		fail("%zu pages%s: %s", nr, in_place ? " in place" : "",
		     strerror(err));
	assert_int_equal(memcmp(to, many_wanted, nr * PAGE), 0);
	if (!in_place)
		assert_int_equal(memcmp(from, many_plain, nr * PAGE), 0);
	assert_memory_equal(iv, iv_wanted, BLOCK);
	if (!in_place)
		munmap(to, nr * PAGE);
	munmap(from, nr * PAGE);
}

/*
 * Behind an IOMMU the device sees each page as a piece of its own, however they
 * are mapped. From 511 in place it would take no more for good.
 */
static void many_pages(void)
{
	static const size_t numbers[] = { 509, 510, 511, 512, 600, 1700 };

	skip_without("virtio_crypto_aes_cbc");
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		for (int in_place = 0; in_place < 2; in_place++) {
			crypt_pages(numbers[i], true, in_place);
			crypt_pages(numbers[i], false, in_place);
		}
}

/* One request of a huge page, against the software of the kernel. */
static void large_request(void)
{
	size_t len = (slow_kernel() ? 16 : 256) * PHYR_MIB;
	struct phyr_test_crypto_segment whole = { .len = len };
	struct phyr_backing *backing;
	struct phyr_error error;
	uint8_t key[32], iv[BLOCK] = { 0 }, *expected;
	struct dice dice = dice_with_seed(seed());
	int fd;

	skip_without("virtio_crypto_aes_cbc");
	if (phyr_backing_create(PHYR_BACKING_HUGETLB_1G, len, &backing, &error))
		skip("%s", error.message);
	fill(key, sizeof(key), &dice);
	fill(backing->addr, PHYR_MIB, &dice);
	expected = mmap(NULL, len, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(expected != MAP_FAILED);
	crypto_reference("CBC", key, sizeof(key), true, backing->addr, expected,
			 len, iv);

	fd = crypto_open("virtio_crypto_aes_cbc", key, sizeof(key));
	assert_true(fd >= 0);
	whole.addr = (uintptr_t)backing->addr;
	assert_int_equal(crypto_run(fd, PHYR_TEST_LIST, 0, &whole, 1, NULL, 0,
				    len, iv),
			 0);
	assert_int_equal(memcmp(backing->addr, expected, len), 0);
	assert_memory_equal(iv, expected + len - BLOCK, BLOCK);
	close(fd);
	munmap(expected, len);
	phyr_backing_destroy(backing);
}

static const struct test_case tests[] = {
	TEST(many_elements),
	TEST(many_pages),
	TEST(large_request),
	TEST_EACH(equals_openssl, crypto_ciphers),
};

TEST_MAIN(.setup = setup, .teardown = teardown)
