/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BODY_H
#define BODY_H

#include <stddef.h>

#include "problem.h"

/**
 * body_parse() - read a request's body as JSON
 * @body: bytes of any kind
 * @len: how many
 * @problem: set on error
 *
 * A parsed value takes up to 300 bytes and no more than two of the body, so
 * values are counted before memory is taken for them: LIMIT_VALUES of them,
 * LIMIT_CONTAINERS objects and arrays among them, come to some 45 MiB.
 *
 * Return: NULL on error.
 */
json_t *body_parse(const char *body, size_t len, struct problem *problem);

#endif
