/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BACKING_PIECES_H
#define BACKING_PIECES_H

#include <phyr/backing.h>

/* Pieces of backing->page_size bytes, of huge pages that were verified. */
int backing_pieces_fill(struct phyr_backing *backing, struct phyr_error *error);

/* -EMEDIUMTYPE if physical memory is in other pieces; 0 if it cannot be seen. */
int backing_pieces_verify(const struct phyr_backing *backing,
			  struct phyr_error *error);

#endif
