/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLIENT_H
#define CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "status.h"

/*
 * The daemon's HTTP API. What goes wrong is said on stderr.
 */
struct client;

/**
 * struct answer - a document
 * @text: as it came, NUL-terminated
 * @len: bytes
 * @json: parsed
 */
struct answer {
	char *text;
	size_t len;
	json_t *json;
};

void answer_destroy(struct answer *answer);

/**
 * answer_check() - is the document what was asked for?
 * @format: of json_unpack(), with a key for each of its members behind it
 *
 * Return: STATUS_OK, or STATUS_UNREACHABLE and @answer destroyed.
 */
enum status answer_check(struct answer *answer, const char *format, ...);

/**
 * client_create() - get ready
 * @server: URL without a path
 * @token_file: file with the bearer token, or NULL
 */
enum status client_create(const char *server, const char *token_file,
			  struct client **client);
void client_destroy(struct client *client);

/**
 * client_get() - GET @path
 *
 * The answer is set on STATUS_OK only.
 */
enum status client_get(struct client *client, const char *path,
		       struct answer *answer);

/**
 * client_wait() - GET @path, which the daemon may answer after so many seconds
 */
enum status client_wait(struct client *client, const char *path, long seconds,
			struct answer *answer);

/**
 * client_post() - POST a JSON text to @path
 */
enum status client_post(struct client *client, const char *path,
			const char *body, size_t len, struct answer *answer);

/**
 * client_delete() - DELETE @path
 */
enum status client_delete(struct client *client, const char *path);

/**
 * typedef client_event - receives a server-sent event
 *
 * Return: false to hear no more.
 */
typedef bool client_event(void *context, const char *name, const json_t *data);

/**
 * client_follow() - GET a stream of events until it ends
 */
enum status client_follow(struct client *client, const char *path,
			  client_event *event, void *context);

/**
 * client_interrupt() - end the request under way with STATUS_INTERRUPTED
 *
 * May be called by a signal handler.
 */
void client_interrupt(void);

/**
 * client_resume() - let later requests be carried out again
 */
void client_resume(void);

/**
 * client_escape() - percent-encode, for a query
 */
char *client_escape(struct client *client, const char *text);

#endif
