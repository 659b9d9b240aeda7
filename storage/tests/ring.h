/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RING_H
#define RING_H

#include <linux/io_uring.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Later than the headers that the tests are built with. */
#define RING_OP_READV_FIXED 60
#define RING_OP_WRITEV_FIXED 61

#define RING_ENTRIES 64

/**
 * struct ring - an io_uring, used by one thread
 * @fd: of the ring, -1 once it is closed
 * @mapped: what ring_close() unmaps
 *
 * The other members point into what the kernel shares.
 */
struct ring {
	int fd;
	struct iovec mapped[3];
	struct io_uring_sqe *entries;
	unsigned int *tail;
	unsigned int *mask;
	unsigned int *array;
	struct io_uring_cqe *completions;
	unsigned int *completed_head;
	unsigned int *completed_tail;
	unsigned int *completed_mask;
};

/* The test is skipped if the kernel has no io_uring. */
void ring_open(struct ring *ring);
void ring_close(struct ring *ring);

/* These return 0 or a negative errno. */
int ring_register(struct ring *ring, const struct iovec *buffers,
		  unsigned int nr);
int ring_register_sparse(struct ring *ring, unsigned int nr);
int ring_update(struct ring *ring, unsigned int index,
		const struct iovec *buffer);
int ring_unregister(struct ring *ring);
int ring_clone(struct ring *ring, const struct ring *from);

/**
 * struct ring_io - one operation
 * @op: IORING_OP_*
 * @fd: the file
 * @addr: memory, or the iovecs of a vectored one
 * @len: bytes, or how many iovecs
 * @offset: in the file; -1 for files that have none
 * @buffer: number of the registered buffer
 */
struct ring_io {
	uint8_t op;
	int fd;
	const void *addr;
	uint32_t len;
	uint64_t offset;
	uint16_t buffer;
};

void ring_submit(struct ring *ring, const struct ring_io *io);
/* The next result: bytes, or a negative errno. */
int ring_result(struct ring *ring);
int ring_do(struct ring *ring, const struct ring_io *io);

#endif
