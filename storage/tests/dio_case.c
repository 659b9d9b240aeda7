// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "dio_case.h"
#include "harness.h"
#include "pattern.h"

/* Bytes around a transfer that must stay as they are. */
#define AROUND 4096ul
/* A slow kernel takes one disk of so many. */
#define TURNS 3u

struct phyr_backing *dio_backings[PHYR_BACKING_KINDS];
/* What the disk shall hold, what it holds, what pieces held. */
static char *wanted, *found, *kept;

void dio_case_setup(void)
{
	for (int kind = 0; kind < PHYR_BACKING_KINDS; kind++) {
		struct phyr_error error;

		if (phyr_backing_create(kind, DIO_MOST + (4ul << 20),
					&dio_backings[kind], &error))
			note("without %s: %s", phyr_backing_name(kind),
			     error.message);
	}
	wanted = malloc(DIO_MOST + 2 * AROUND);
	found = malloc(DIO_MOST + 2 * AROUND);
	kept = malloc(DIO_MOST);
	assert_true(dio_backings[PHYR_BACKING_BASE] && wanted && found && kept);
}

void dio_case_teardown(void)
{
	for (int kind = 0; kind < PHYR_BACKING_KINDS; kind++)
		phyr_backing_destroy(dio_backings[kind]);
	free(wanted);
	free(found);
	free(kept);
}

struct phyr_backing *dio_any_backing(struct dice *dice)
{
	struct phyr_backing *backing;

	do
		backing = dio_backings[dice_roll(dice, PHYR_BACKING_KINDS)];
	while (!backing);
	return backing;
}

ssize_t dio_vectored(int fd, bool write, const struct iovec *pieces, int nr,
		     off_t pos)
{
	return write ? pwritev(fd, pieces, nr, pos)
		     : preadv(fd, pieces, nr, pos);
}

static size_t length_of(const struct iovec *pieces, int nr)
{
	size_t len = 0;

	for (int i = 0; i < nr; i++)
		len += pieces[i].iov_len;
	return len;
}

static void gather(char *to, const struct iovec *pieces, int nr)
{
	for (int i = 0; i < nr; i++) {
		if (pieces[i].iov_len)
			memcpy(to, pieces[i].iov_base, pieces[i].iov_len);
		to += pieces[i].iov_len;
	}
}

static void must_be_equal(const char *what, const char *a, const char *b,
			  size_t len)
{
	size_t i = 0;

	if (!memcmp(a, b, len))
		return;
	while (a[i] == b[i])
		i++;
	fail("%s: byte %zu of %zu is %#x, not %#x", what, i, len,
	     (unsigned char)a[i], (unsigned char)b[i]);
}

/* The transfer and what is around it on the disk, which may begin before it. */
static size_t around(const struct disk *disk, uint64_t pos, size_t len,
		     uint64_t *start)
{
	size_t before = pos < AROUND ? (size_t)pos : AROUND;
	size_t after = DISK_SIZE - pos - len;

	(void)disk;
	*start = pos - before;
	return before + len + (after < AROUND ? after : AROUND);
}

static void write_case(const struct disk *disk, dio_transfer_fn *transfer,
		       const struct iovec *pieces, int nr, uint64_t pos)
{
	size_t len = length_of(pieces, nr), all;
	uint64_t start;
	ssize_t moved;

	all = around(disk, pos, len, &start);
	pattern_fill(wanted, all, pos);
	disk_put(disk, wanted, all, start);
	for (int i = 0; i < nr; i++)
		if (pieces[i].iov_len)
			pattern_fill(pieces[i].iov_base, pieces[i].iov_len,
				     pos + (uint64_t)i + 1);
	gather(kept, pieces, nr);

	errno = 0;
	moved = transfer(disk->direct, true, pieces, nr, (off_t)pos);
	if (moved != (ssize_t)len)
		fail("%s: writing %zu bytes at %llu: %zd (%s)", disk->name, len,
		     (unsigned long long)pos, moved, strerror(errno));

	gather(wanted + (pos - start), pieces, nr);
	must_be_equal("source", wanted + (pos - start), kept, len);
	disk_get(disk, found, all, start);
	must_be_equal("disk", found, wanted, all);
}

/* The bytes right before and behind a piece belong to nobody else's transfer. */
static void read_case(const struct disk *disk, dio_transfer_fn *transfer,
		      const struct iovec *pieces, int nr, uint64_t pos)
{
	size_t len = length_of(pieces, nr);
	ssize_t moved;

	pattern_fill(wanted, len, ~pos);
	disk_put(disk, wanted, len, pos);
	for (int i = 0; i < nr; i++)
		if (pieces[i].iov_len)
			memset((char *)pieces[i].iov_base - 1, 0x55,
			       pieces[i].iov_len + 2);

	errno = 0;
	moved = transfer(disk->direct, false, pieces, nr, (off_t)pos);
	if (moved != (ssize_t)len)
		fail("%s: reading %zu bytes at %llu: %zd (%s)", disk->name, len,
		     (unsigned long long)pos, moved, strerror(errno));

	gather(found, pieces, nr);
	must_be_equal("memory", found, wanted, len);
	for (int i = 0; i < nr; i++) {
		const char *start = pieces[i].iov_base;

		if (!pieces[i].iov_len)
			continue;
		must_be_equal("before the memory", start - 1, "\x55", 1);
		must_be_equal("behind the memory", start + pieces[i].iov_len,
			      "\x55", 1);
	}
}

void dio_case(const struct disk *disk, dio_transfer_fn *transfer,
	      const struct iovec *pieces, int nr, uint64_t pos)
{
	write_case(disk, transfer, pieces, nr, pos);
	read_case(disk, transfer, pieces, nr, pos);
}

void dio_open(struct disk *disk)
{
	const char *const *name = test_element();

	if (slow_kernel() && test_elements() > TURNS &&
	    (test_number() + dio_seed()) % TURNS)
		skip("others have their turn on a kernel that is slow");
	disk_open(disk_kind_named(*name), disk);
}

bool dio_turn(const struct disk *disk, unsigned int number)
{
	return !slow_kernel() ||
	       (number + disk_number(disk) + dio_seed()) % 8 == 0;
}

unsigned int dio_rounds(unsigned int usual)
{
	if (getenv("PHYR_LONG"))
		return 50 * usual;
	return slow_kernel() ? (usual + 3) / 4 : usual;
}

uint32_t dio_seed(void)
{
	const char *text = getenv("PHYR_SEED");

	return text ? (uint32_t)strtoul(text, NULL, 0) : 1;
}
