/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GUARD_H
#define GUARD_H

#include <phyr/error.h>

#include "problem.h"
#include "request.h"
#include "service.h"

/**
 * guard_check() - may this client be served at all?
 * @service: says what the client must know, and by which name a proxy goes
 * @open: the route needs no token, and does nothing that a page from elsewhere
 *	must not cause
 *
 * Return: 0, or -1 and 401 or 403 in @problem.
 */
int guard_check(const struct service *service,
		const struct http_request *request, bool open,
		struct problem *problem);

/**
 * guard_read_token() - read a token file
 * @path: file that only its owner may read; it holds 16 to 200 printable
 *	characters and perhaps the end of the line
 * @token: to be freed
 *
 * Return: 0 or -errno.
 */
int guard_read_token(const char *path, char **token, struct phyr_error *error);

#endif
