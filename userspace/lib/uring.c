// SPDX-License-Identifier: GPL-2.0-only
/* Registers buffers of io_uring and reads through it, timing the calls. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <liburing.h>

#include <phyr/size.h>
#include <phyr/uring.h>

#include "marks.h"

#define ENTRIES 4

/* After so many looks, seconds of an emulator, no device answers any more. */
#define MOST_LOOKS 10000000

struct phyr_uring {
	struct io_uring ring;
	enum phyr_uring_kind kind;
};

static const char *why_not(int err)
{
	if (err == ENOSYS)
		return "this kernel is without CONFIG_IO_URING";
	if (err == EPERM)
		return "sysctl kernel.io_uring_disabled keeps it from us";
	return strerror(err);
}

int phyr_uring_open(enum phyr_uring_kind kind, struct phyr_uring **uring,
		    struct phyr_error *error)
{
	unsigned int flags = kind == PHYR_URING_POLLED ? IORING_SETUP_IOPOLL
						       : 0;
	struct phyr_uring *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return phyr_error_set(error, -ENOMEM, "out of memory");
	new->kind = kind;
	ret = io_uring_queue_init(ENTRIES, &new->ring, flags);
	if (ret) {
		free(new);
		return phyr_error_set(error, ret, "io_uring: %s",
				      why_not(-ret));
	}
	*uring = new;
	return 0;
}

void phyr_uring_close(struct phyr_uring *uring)
{
	io_uring_queue_exit(&uring->ring);
	free(uring);
}

static int register_error(size_t len, int ret, struct phyr_error *error)
{
	struct rlimit memlock;

	if (ret == -ENOMEM && !getrlimit(RLIMIT_MEMLOCK, &memlock) &&
	    memlock.rlim_cur < len)
		return phyr_error_set(
			error, ret,
			"io_uring: registering %zu KiB: %s; RLIMIT_MEMLOCK is %zu KiB, raise it with ulimit -l unlimited, or run with CAP_IPC_LOCK",
			len / PHYR_KIB, strerror(-ret),
			(size_t)memlock.rlim_cur / PHYR_KIB);
	return phyr_error_set(
		error, ret, "io_uring: registering %zu KiB: %s", len / PHYR_KIB,
		len > PHYR_GIB ? "a buffer has at most 1 GiB" : strerror(-ret));
}

int phyr_uring_register(struct phyr_uring *uring, void *addr, size_t len,
			uint64_t *ns, struct phyr_error *error)
{
	struct iovec buffer = { .iov_base = addr, .iov_len = len };
	uint64_t start, end;
	int ret;

	start = clock_begin(0);
	ret = io_uring_register_buffers(&uring->ring, &buffer, 1);
	end = clock_end(0);

	if (ret)
		return register_error(len, ret, error);
	if (ns)
		*ns = end - start;
	return 0;
}

int phyr_uring_unregister(struct phyr_uring *uring, uint64_t *ns,
			  struct phyr_error *error)
{
	uint64_t start, end;
	int ret;

	start = clock_begin(1);
	ret = io_uring_unregister_buffers(&uring->ring);
	end = clock_end(1);

	if (ret)
		return phyr_error_set(error, ret, "io_uring: unregistering: %s",
				      strerror(-ret));
	if (ns)
		*ns = end - start;
	return 0;
}

/*
 * io_uring_submit() would look for completions of a ring that polls, too. Only
 * this thread submits, so the kernel looks at the tail in the call and not
 * before.
 */
static int submit_one(struct io_uring *ring)
{
	struct io_uring_sq *sq = &ring->sq;
	unsigned int mask = sq->ring_entries - 1;

	sq->array[sq->sqe_head & mask] = sq->sqe_head & mask;
	sq->sqe_head = sq->sqe_tail;
	*sq->ktail = sq->sqe_tail;
	return io_uring_enter((unsigned int)ring->ring_fd, 1, 0, 0, NULL);
}

/* Where the rounds have rows of whole reads, those stand in front. */
#define mark_submit(mark, fixed)          \
	do {                              \
		if (fixed)                \
			MARK(mark);       \
		else                      \
			MARK((mark) + 1); \
	} while (0)

static bool is_complete(const struct phyr_uring *uring)
{
	return io_uring_cq_ready(&uring->ring);
}

/* Letting others run, and then looking at the device. */
struct turn {
	uint64_t yield_ns;
	uint64_t ns; /* of both */
};

static struct turn take_turn(struct phyr_uring *uring, uint64_t start)
{
	uint64_t between;

	sched_yield();
	between = phyr_clock_ns();
	io_uring_get_events(&uring->ring);
	return (struct turn){ between - start, phyr_clock_ns() - start };
}

/* Before there is anything to wait for: the shortest of a few. */
static struct turn empty_turn(struct phyr_uring *uring)
{
	struct turn least = { UINT64_MAX, UINT64_MAX };

	for (int i = 0; i < 4; i++) {
		struct turn turn = take_turn(uring, phyr_clock_ns());

		if (turn.ns < least.ns)
			least = turn;
	}
	return least;
}

/*
 * A turn in which nothing happens takes the same each time, and little more
 * than an empty one. If something happens in all that there are, the shortest
 * says nothing: the device may answer in the second.
 */
static uint64_t idle_ns(uint64_t least_ns, const struct turn *empty)
{
	return least_ns < empty->ns + empty->ns / 2 ? least_ns : empty->ns;
}

/* All time from start on counts, except turns in which nothing happens. */
static int await_cutting(struct phyr_uring *uring, const struct turn *empty,
			 uint64_t start, uint64_t *total_ns,
			 struct phyr_error *error)
{
	uint64_t least_ns = UINT64_MAX, all_ns = 0;

	for (uint64_t i = 0; i < MOST_LOOKS; i++) {
		struct turn turn = take_turn(uring, start + all_ns);

		all_ns += turn.ns;
		if (is_complete(uring)) {
			*total_ns += all_ns - empty->yield_ns -
				     i * idle_ns(least_ns, empty);
			return 0;
		}
		if (turn.ns < least_ns)
			least_ns = turn.ns;
	}
	return phyr_error_set(error, -ETIMEDOUT,
			      "io_uring: no completion comes");
}

static int await(struct phyr_uring *uring, uint64_t start, uint64_t *total_ns,
		 struct phyr_error *error)
{
	struct io_uring_cqe *cqe;
	int ret;

	do
		ret = io_uring_wait_cqe(&uring->ring, &cqe);
	while (ret == -EINTR);
	*total_ns = phyr_clock_ns() - start;
	return ret ? phyr_error_set(error, ret, "io_uring: waiting: %s",
				    strerror(-ret))
		   : 0;
}

static int check_result(const struct phyr_uring *uring, int result, size_t len,
			struct phyr_error *error)
{
	if (result == -EOPNOTSUPP && uring->kind == PHYR_URING_POLLED)
		return phyr_error_set(
			error, result,
			"io_uring: the device has no queue that can be polled, see the parameters nvme.poll_queues and virtio_blk.poll_queues");
	if (result < 0)
		return phyr_error_set(error, result,
				      "io_uring: reading %zu KiB: %s",
				      len / PHYR_KIB, strerror(-result));
	if ((size_t)result != len)
		return phyr_error_set(
			error, -ENODATA,
			"io_uring: only %d of %zu bytes were read", result,
			len);
	return 0;
}

int phyr_uring_read(struct phyr_uring *uring, int fd, bool fixed, void *addr,
		    size_t len, bool cut, struct phyr_uring_times *times,
		    struct phyr_error *error)
{
	struct turn empty = { 0 };
	struct io_uring_sqe *sqe = io_uring_get_sqe(&uring->ring);
	struct io_uring_cqe *cqe;
	uint64_t start, submitted;
	int ret;

	if (fixed)
		io_uring_prep_read_fixed(sqe, fd, addr, (unsigned int)len, 0,
					 0);
	else
		io_uring_prep_read(sqe, fd, addr, (unsigned int)len, 0);

	if (cut)
		empty = empty_turn(uring);
	mark_submit(MARK_BEGIN, fixed);
	start = phyr_clock_ns();
	ret = submit_one(&uring->ring);
	submitted = phyr_clock_ns();
	times->submit_ns = submitted - start;
	mark_submit(MARK_END, fixed);
	if (ret != 1)
		return phyr_error_set(error, ret < 0 ? ret : -EIO,
				      "io_uring: submitting: %s",
				      strerror(ret < 0 ? -ret : EIO));

	times->total_ns = times->submit_ns;
	ret = cut ? await_cutting(uring, &empty, submitted, &times->total_ns,
				  error)
		  : await(uring, start, &times->total_ns, error);
	if (ret)
		return ret;
	io_uring_peek_cqe(&uring->ring, &cqe);
	ret = check_result(uring, cqe->res, len, error);
	io_uring_cqe_seen(&uring->ring, cqe);
	return ret;
}
