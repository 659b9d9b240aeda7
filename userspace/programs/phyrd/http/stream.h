/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STREAM_H
#define STREAM_H

#include "text.h"

/**
 * struct stream - a reply that is made while it is sent, piece by piece
 * @next: append the next piece, a few KiB. Return: 1 if there may be more, 0
 *	if that was the last, -EAGAIN if it has no news yet and is to be asked
 *	again later, else the -errno with which the reply breaks off
 * @destroy: end it, wherever it is
 */
struct stream {
	int (*next)(struct stream *stream, struct text *text);
	void (*destroy)(struct stream *stream);
};

#endif
