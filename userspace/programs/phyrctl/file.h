/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FILE_H
#define FILE_H

#include <stddef.h>

#include "status.h"

/**
 * file_read() - all that is in a file
 * @path: where; - is stdin
 * @text: to be freed
 */
enum status file_read(const char *path, char **text, size_t *len);

#endif
