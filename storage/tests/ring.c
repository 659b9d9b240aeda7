// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"
#include "ring.h"

/* Later than the headers, as above. */
#define REGISTER_CLONE_BUFFERS 30

struct clone_buffers {
	uint32_t src_fd;
	uint32_t flags;
	uint32_t src_off;
	uint32_t dst_off;
	uint32_t nr;
	uint32_t pad[3];
};

static char *map_ring(struct ring *ring, unsigned int which, size_t len,
		      off_t offset)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_POPULATE, ring->fd, offset);

	assert_true(at != MAP_FAILED);
	ring->mapped[which] = (struct iovec){ at, len };
	return at;
}

void ring_open(struct ring *ring)
{
	struct io_uring_params params = {};
	char *submissions, *completions;

	ring->fd = syscall(SYS_io_uring_setup, RING_ENTRIES, &params);
	if (ring->fd < 0)
		skip("io_uring_setup: %s", strerror(errno));

	submissions = map_ring(ring, 0,
			       params.sq_off.array +
				       params.sq_entries * sizeof(uint32_t),
			       IORING_OFF_SQ_RING);
	completions =
		map_ring(ring, 1,
			 params.cq_off.cqes +
				 params.cq_entries * sizeof(*ring->completions),
			 IORING_OFF_CQ_RING);
	ring->entries = (void *)map_ring(
		ring, 2, params.sq_entries * sizeof(*ring->entries),
		IORING_OFF_SQES);
	ring->tail = (void *)(submissions + params.sq_off.tail);
	ring->mask = (void *)(submissions + params.sq_off.ring_mask);
	ring->array = (void *)(submissions + params.sq_off.array);
	ring->completions = (void *)(completions + params.cq_off.cqes);
	ring->completed_head = (void *)(completions + params.cq_off.head);
	ring->completed_tail = (void *)(completions + params.cq_off.tail);
	ring->completed_mask = (void *)(completions + params.cq_off.ring_mask);
}

void ring_close(struct ring *ring)
{
	for (size_t i = 0; i < ARRAY_SIZE(ring->mapped); i++)
		munmap(ring->mapped[i].iov_base, ring->mapped[i].iov_len);
	close(ring->fd);
	ring->fd = -1;
}

static int do_register(const struct ring *ring, unsigned int what,
		       const void *argument, unsigned int nr)
{
	long status =
		syscall(SYS_io_uring_register, ring->fd, what, argument, nr);

	return status < 0 ? -errno : status;
}

int ring_register(struct ring *ring, const struct iovec *buffers,
		  unsigned int nr)
{
	return do_register(ring, IORING_REGISTER_BUFFERS, buffers, nr);
}

int ring_register_sparse(struct ring *ring, unsigned int nr)
{
	const struct io_uring_rsrc_register sparse = {
		.nr = nr,
		.flags = IORING_RSRC_REGISTER_SPARSE,
	};

	return do_register(ring, IORING_REGISTER_BUFFERS2, &sparse,
			   sizeof(sparse));
}

int ring_update(struct ring *ring, unsigned int index,
		const struct iovec *buffer)
{
	const struct io_uring_rsrc_update2 update = {
		.offset = index,
		.data = (uintptr_t)buffer,
		.nr = 1,
	};
	int status = do_register(ring, IORING_REGISTER_BUFFERS_UPDATE, &update,
				 sizeof(update));

	return status < 0 ? status : 0;
}

int ring_unregister(struct ring *ring)
{
	return do_register(ring, IORING_UNREGISTER_BUFFERS, NULL, 0);
}

int ring_clone(struct ring *ring, const struct ring *from)
{
	const struct clone_buffers clone = { .src_fd = from->fd };

	return do_register(ring, REGISTER_CLONE_BUFFERS, &clone, 1);
}

void ring_submit(struct ring *ring, const struct ring_io *io)
{
	unsigned int index = *ring->tail & *ring->mask;

	ring->entries[index] = (struct io_uring_sqe){
		.opcode = io->op,
		.fd = io->fd,
		.addr = (uintptr_t)io->addr,
		.len = io->len,
		.off = io->offset,
		.buf_index = io->buffer,
	};
	ring->array[index] = index;
	__atomic_store_n(ring->tail, *ring->tail + 1, __ATOMIC_RELEASE);
	assert_int_equal(
		syscall(SYS_io_uring_enter, ring->fd, 1, 0, 0, NULL, 0), 1);
}

int ring_result(struct ring *ring)
{
	unsigned int head = *ring->completed_head;
	int result;

	while (head == __atomic_load_n(ring->completed_tail, __ATOMIC_ACQUIRE))
		assert_int_equal(syscall(SYS_io_uring_enter, ring->fd, 0, 1,
					 IORING_ENTER_GETEVENTS, NULL, 0),
				 0);
	result = ring->completions[head & *ring->completed_mask].res;
	__atomic_store_n(ring->completed_head, head + 1, __ATOMIC_RELEASE);
	return result;
}

int ring_do(struct ring *ring, const struct ring_io *io)
{
	ring_submit(ring, io);
	return ring_result(ring);
}
