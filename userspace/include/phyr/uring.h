/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_URING_H
#define PHYR_URING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <phyr/error.h>

/**
 * enum phyr_uring_kind - who notices that a request is complete
 * @PHYR_URING_PLAIN: an interrupt
 * @PHYR_URING_POLLED: the process, by polling the device (IORING_SETUP_IOPOLL)
 */
enum phyr_uring_kind {
	PHYR_URING_PLAIN,
	PHYR_URING_POLLED,
};

/* A ring for one request at a time, and its registered buffer. */
struct phyr_uring;

/**
 * phyr_uring_open() - create a ring
 * @error: filled on failure, or NULL
 *
 * Return: 0; -ENOSYS without CONFIG_IO_URING; -EPERM where sysctl
 * kernel.io_uring_disabled keeps it from us; else -errno.
 */
int phyr_uring_open(enum phyr_uring_kind kind, struct phyr_uring **uring,
		    struct phyr_error *error);
void phyr_uring_close(struct phyr_uring *uring);

/**
 * phyr_uring_register() - register memory as the ring's buffer
 * @uring: a ring without a buffer
 * @addr: first byte
 * @len: bytes, at most 1 GiB
 * @ns: time that registering took, or NULL
 * @error: filled on failure, or NULL
 *
 * Return: 0 or -errno, such as -ENOMEM for a lack of RLIMIT_MEMLOCK.
 */
int phyr_uring_register(struct phyr_uring *uring, void *addr, size_t len,
			uint64_t *ns, struct phyr_error *error);

/**
 * phyr_uring_unregister() - the ring has no buffer any more
 * @ns: time that it took, or NULL
 * @error: filled on failure, or NULL
 *
 * Return: 0 or -errno.
 */
int phyr_uring_unregister(struct phyr_uring *uring, uint64_t *ns,
			  struct phyr_error *error);

/**
 * struct phyr_uring_times - what a request took
 * @submit_ns: the call that submits it
 * @total_ns: from that call until the completion has been reaped
 */
struct phyr_uring_times {
	uint64_t submit_ns;
	uint64_t total_ns;
};

/**
 * phyr_uring_read() - read the beginning of a file, timing it
 * @uring: with no request
 * @fd: the file
 * @fixed: the memory is in the registered buffer
 * @addr: where to
 * @len: bytes
 * @cut: leave out what is only waiting, for one CPU and a clock that counts
 *	instructions: the completion is looked for again and again, and of
 *	that counts the look that finds it, and what interrupts and other
 *	threads of the kernel do meanwhile
 * @times: valid on success
 * @error: filled on failure, or NULL
 *
 * Return: 0; -EOPNOTSUPP if the ring polls and the device has no queue for
 * that; -ENODATA if fewer bytes came; else -errno of the submission or the
 * request.
 */
int phyr_uring_read(struct phyr_uring *uring, int fd, bool fixed, void *addr,
		    size_t len, bool cut, struct phyr_uring_times *times,
		    struct phyr_error *error);

#endif
