/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SERVERS_H
#define SERVERS_H

#include <stdbool.h>
#include <stddef.h>

#include "status.h"

#define SERVERS_MAX 32
#define SERVER_NAME 256

/**
 * struct server - a daemon
 * @url: without a path
 * @token_file: file with the token that it asks for, or NULL
 */
struct server {
	const char *url;
	const char *token_file;
};

/**
 * struct servers - those that were named, in their order
 * @all: the default, until one is named
 * @n: how many
 * @named: one was
 * @early_token: a token file that stood before any server
 */
struct servers {
	struct server all[SERVERS_MAX];
	size_t n;
	bool named;
	const char *early_token;
};

#define SERVERS_INIT(default_url)                        \
	{                                                \
		.all = { { default_url, NULL } }, .n = 1 \
	}

/**
 * servers_add() - another one
 */
enum status servers_add(struct servers *servers, const char *url);

/**
 * servers_add_token() - the token of the server that was named last, or else of
 * the one that comes first
 */
enum status servers_add_token(struct servers *servers, const char *path);

/**
 * servers_find() - the server of a run
 * @operand: RUN, or RUN@SERVER where SERVER is a URL that was given, what of it
 *	follows the "://", or that without the port; cut behind RUN
 * @server: the server; without an @ the only one there is
 */
enum status servers_find(const struct servers *servers, char *operand,
			 const struct server **server);

/**
 * server_name() - the URL without "http://", as it stands behind an @
 */
const char *server_name(const struct server *server);

#endif
