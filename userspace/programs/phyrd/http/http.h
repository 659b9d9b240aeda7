/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HTTP_H
#define HTTP_H

#include <sys/socket.h>

#include <phyr/error.h>

#include "api.h"

/*
 * The HTTP side of phyrd. It has no thread of its own: the caller polls
 * http_fd() and calls http_run(). While clients only wait, nothing wakes up.
 */
struct http;

/**
 * http_create() - listen
 * @address: loopback address and port; port 0: any free one
 * @store: the runs that are served, borrowed
 * @token: what clients must know, borrowed, or NULL
 *
 * Return: 0 or -errno.
 */
int http_create(const struct sockaddr *address, struct store *store,
		const char *token, struct http **http);
void http_destroy(struct http *http);

/**
 * http_port() - the port listened on
 */
unsigned int http_port(const struct http *http);

/**
 * http_fd() - readable when http_run() has something to do
 */
int http_fd(const struct http *http);

/**
 * http_timeout() - ms until http_run() has something to do, -1: never
 */
int http_timeout(const struct http *http);

/**
 * http_run() - serve what can be served without blocking
 */
void http_run(struct http *http);

/**
 * http_run_ended() - answer clients that wait for runs that have ended
 */
void http_run_ended(struct http *http);

/**
 * http_finish() - accept no more, answer all who wait or are being answered
 *
 * Takes a second at most.
 */
void http_finish(struct http *http);

#endif
