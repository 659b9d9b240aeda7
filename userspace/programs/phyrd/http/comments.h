/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMMENTS_H
#define COMMENTS_H

#include <stddef.h>

/**
 * comments_blank() - turn comments in JSON into spaces
 * @text: bytes of any kind, changed
 * @len: how many
 *
 * A comment goes from // or # to the end of its line, or from a slash and an
 * asterisk to the next asterisk and slash. Lines and columns of all else stay
 * as they are. What looks like a comment within a string is none.
 */
void comments_blank(char *text, size_t len);

#endif
