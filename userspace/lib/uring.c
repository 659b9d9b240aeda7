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

/* Calls of one kind that take the same, unless something comes in between. */
struct calls {
	uint64_t sum_ns;
	uint64_t least_ns;
	unsigned int n;
};

static void add_call(struct calls *calls, uint64_t ns)
{
	calls->sum_ns += ns;
	if (!calls->n++ || ns < calls->least_ns)
		calls->least_ns = ns;
}

static uint64_t in_between_ns(const struct calls *calls)
{
	return calls->sum_ns - calls->n * calls->least_ns;
}

/* Before there is anything to wait for: what letting others run takes. */
static void calibrate(struct calls *yields)
{
	for (int i = 0; i < 4; i++) {
		uint64_t start = phyr_clock_ns();

		sched_yield();
		add_call(yields, phyr_clock_ns() - start);
	}
	yields->sum_ns = yields->n * yields->least_ns;
}

/*
 * Others are let run and the device is looked at, in turns. Each does nothing
 * most of the time, and takes the same then.
 */
static int await_cutting(struct phyr_uring *uring, struct calls *yields,
			 uint64_t *total_ns, struct phyr_error *error)
{
	struct calls looks = { 0 };
	uint64_t start, between, end;

	for (unsigned int i = 0; i < MOST_LOOKS; i++) {
		start = phyr_clock_ns();
		sched_yield();
		between = phyr_clock_ns();
		io_uring_get_events(&uring->ring);
		end = phyr_clock_ns();

		add_call(yields, between - start);
		if (is_complete(uring)) {
			*total_ns += in_between_ns(yields) +
				     in_between_ns(&looks) + end - between;
			return 0;
		}
		add_call(&looks, end - between);
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
	struct calls yields = { 0 };
	struct io_uring_sqe *sqe = io_uring_get_sqe(&uring->ring);
	struct io_uring_cqe *cqe;
	uint64_t start;
	int ret;

	if (fixed)
		io_uring_prep_read_fixed(sqe, fd, addr, (unsigned int)len, 0,
					 0);
	else
		io_uring_prep_read(sqe, fd, addr, (unsigned int)len, 0);

	if (cut)
		calibrate(&yields);
	mark_submit(MARK_BEGIN, fixed);
	start = phyr_clock_ns();
	ret = submit_one(&uring->ring);
	times->submit_ns = phyr_clock_ns() - start;
	mark_submit(MARK_END, fixed);
	if (ret != 1)
		return phyr_error_set(error, ret < 0 ? ret : -EIO,
				      "io_uring: submitting: %s",
				      strerror(ret < 0 ? -ret : EIO));

	times->total_ns = times->submit_ns;
	ret = cut ? await_cutting(uring, &yields, &times->total_ns, error)
		  : await(uring, start, &times->total_ns, error);
	if (ret)
		return ret;
	io_uring_peek_cqe(&uring->ring, &cqe);
	ret = check_result(uring, cqe->res, len, error);
	io_uring_cqe_seen(&uring->ring, cqe);
	return ret;
}
