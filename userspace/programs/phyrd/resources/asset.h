/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ASSET_H
#define ASSET_H

#include <stddef.h>

/**
 * struct asset - a file that is part of the program, written by embed.py
 * @path: where it is served
 * @type: Content-Type
 * @data: its bytes
 * @len: how many
 */
struct asset {
	const char *path;
	const char *type;
	const unsigned char *data;
	size_t len;
};

/* Ends with a path of NULL. */
extern const struct asset assets[];

/**
 * asset_find() - the file that is served at a path
 *
 * Return: NULL if there is none.
 */
const struct asset *asset_find(const char *path);

#endif
