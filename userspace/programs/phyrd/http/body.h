/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BODY_H
#define BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "problem.h"
#include "request.h"

/**
 * body_check_type() - is the body said to be JSON, and not compressed?
 *
 * Browsers let any web page post other types to any host without asking the
 * host first, see CORS.
 *
 * Return: 0 or -1.
 */
int body_check_type(const struct http_request *request,
		    struct problem *problem);

/**
 * body_parse() - read a request's body as JSON
 * @text: bytes of any kind
 * @len: how many
 * @problem: set on error
 *
 * Two bytes of the body may become a value that takes 300 bytes of memory: 30
 * MiB for LIMIT_BODY_BYTES.
 *
 * Return: NULL on error.
 */
json_t *body_parse(const char *text, size_t len, struct problem *problem);

/**
 * body_type_name() - what a value is, "missing" for NULL, to say what it must be
 */
const char *body_type_name(const json_t *json);

/**
 * struct body - a body that is too long to be parsed as a whole
 * @text: bytes of any kind
 * @len: how many
 * @at: how many have been read
 * @problem: set on error
 */
struct body {
	const char *text;
	size_t len;
	size_t at;
	struct problem *problem;
};

/**
 * body_take() - read the value that comes next, of at most LIMIT_PART_BYTES
 *
 * Return: NULL on error.
 */
json_t *body_take(struct body *body);

/**
 * body_skip() - read @c, if it comes next
 */
bool body_skip(struct body *body, char c);

/**
 * body_skip_word() - read @word, if it comes next and no letter follows
 */
bool body_skip_word(struct body *body, const char *word);
bool body_is_at_end(struct body *body);

/**
 * body_check_encoding() - refuse what is not UTF-8 from its first bytes on
 *
 * A byte order mark, or UTF-16: what some editors make of a file.
 *
 * Return: 0 or -1.
 */
int body_check_encoding(struct body *body);

/**
 * body_refuse() - say that the body is not JSON, and where
 *
 * Return: -1.
 */
int body_refuse(struct body *body, const char *what);

#endif
