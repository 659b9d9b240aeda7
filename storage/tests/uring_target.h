/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef URING_TARGET_H
#define URING_TARGET_H

#include <stddef.h>

#include "layout.h"
#include "ring.h"

#define URING_FILE_LEN (4ul << 20)

/* What is read from and written to: a file in memory, and a disk if there is one. */
struct uring_target {
	const char *name;
	int fd;
	size_t unit; /* of offsets and lengths */
};

extern struct uring_target uring_targets[2];
extern size_t uring_nr_targets;

void uring_targets_open(void);
void uring_targets_close(void);

/* Memory that is one registered buffer of a ring. */
struct uring_buffer {
	struct layout layout;
	struct iovec range;
	struct ring ring;
};

/* Skips the test where a kind of the memory or io_uring is missing. */
void uring_buffer_open(struct uring_buffer *buffer,
		       const struct layout_part *parts, size_t nr,
		       size_t before);
void uring_buffer_close(struct uring_buffer *buffer);
struct iovec uring_range(const struct layout *layout);

#endif
