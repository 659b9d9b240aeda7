/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DIO_CASE_H
#define DIO_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <phyr/backing.h>

#include "dice.h"
#include "disk.h"

/* The most that one transfer moves. */
#define DIO_MOST (20ul << 20)
#define DIO_PIECES 64

/* Memory of every kind that the machine has, DIO_MOST bytes and more of each. */
extern struct phyr_backing *dio_backings[PHYR_BACKING_KINDS];

/* Make them, and note which there are not. */
void dio_case_setup(void);
void dio_case_teardown(void);

/* A kind of memory that there is. */
struct phyr_backing *dio_any_backing(struct dice *dice);

/* How a transfer is asked for, such as preadv() and pwritev(). */
typedef ssize_t dio_transfer_fn(int fd, bool write, const struct iovec *pieces,
				int nr, off_t pos);
ssize_t dio_vectored(int fd, bool write, const struct iovec *pieces, int nr,
		     off_t pos);

/*
 * Move @pieces to the disk and see from the other side that they have arrived
 * there and nowhere else; move other bytes from the disk to @pieces, and see
 * the same of the memory.
 */
void dio_case(const struct disk *disk, dio_transfer_fn *transfer,
	      const struct iovec *pieces, int nr, uint64_t pos);

/*
 * Open the disk that the running test is about. A kernel that is slow skips two
 * of three where there are many, other ones in each test.
 */
void dio_open(struct disk *disk);

/* How many random cases there are, and their seed: see PHYR_LAYOUTS. */
unsigned int dio_rounds(unsigned int usual);
/*
 * Whether to do the case of that number, of all that a test has for each disk: a
 * kernel that is slow does every eighth, others of each disk.
 */
bool dio_turn(const struct disk *disk, unsigned int number);
uint32_t dio_seed(void);

#endif
