/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_SIZE_H
#define PHYR_SIZE_H

#include <stddef.h>

#define PHYR_KIB ((size_t)1 << 10)
#define PHYR_MIB ((size_t)1 << 20)
#define PHYR_GIB ((size_t)1 << 30)

/* Room for any size in words, with its NUL. */
#define PHYR_SIZE_TEXT 24

/**
 * phyr_size_parse() - read a size like "64KiB"
 * @text: a decimal number without sign or leading zero, then KiB, MiB or GiB
 * @bytes: the size in bytes
 *
 * Return: 0, -EINVAL if @text is anything else, -ERANGE if it does not fit.
 */
int phyr_size_parse(const char *text, size_t *bytes);

/**
 * phyr_size_format() - write a size with the largest unit that divides it
 * @bytes: the size in bytes, a multiple of 1 KiB
 * @text: where to
 *
 * phyr_size_parse() reads the same size back.
 */
void phyr_size_format(size_t bytes, char text[PHYR_SIZE_TEXT]);

#endif
