/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include <sys/socket.h>

#include <phyr/error.h>

#include "service.h"

/*
 * The transport speaks HTTP with clients and hands their requests to a service.
 * It has no thread of its own: the caller polls transport_fd() and calls
 * transport_run(). While clients only wait, nothing wakes up.
 */
struct transport;

/**
 * transport_create() - listen
 * @address: address and port; port 0: any free one
 * @service: copied; what it points to is borrowed
 * @connections: how many are served at a time
 *
 * Return: 0 or -errno.
 */
int transport_create(const struct sockaddr *address,
		     const struct service *service, unsigned int connections,
		     struct transport **transport);
void transport_destroy(struct transport *transport);

/**
 * transport_port() - the port listened on
 */
unsigned int transport_port(const struct transport *transport);

/**
 * transport_fd() - readable when transport_run() has something to do
 */
int transport_fd(const struct transport *transport);

/**
 * transport_timeout() - ms until transport_run() has something to do, -1: never
 */
int transport_timeout(const struct transport *transport);

/**
 * transport_run() - serve what can be served without blocking
 */
void transport_run(struct transport *transport);

/**
 * transport_news() - something has happened: ask again for all replies that wait
 */
void transport_news(struct transport *transport);

/**
 * transport_finish() - accept no more, answer all who wait or are being answered
 *
 * Takes a second at most.
 */
void transport_finish(struct transport *transport);

#endif
