/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PROBLEM_H
#define PROBLEM_H

#include <jansson.h>

#include <phyr/error.h>

/**
 * struct problem - why a request was refused (RFC 9457)
 * @status: HTTP status
 * @detail: a sentence for this very request
 * @field: part of the request that is to blame, or empty
 * @limit: the largest value allowed, or -1 if none was exceeded
 */
struct problem {
	unsigned int status;
	char detail[512];
	char field[128];
	long long limit;
};

/**
 * problem_set() - describe a problem that blames no field
 *
 * Return: -1, so that a failing function can end in one line; the same holds
 * for the others.
 */
int problem_set(struct problem *problem, unsigned int status,
		const char *format, ...) __attribute__((format(printf, 3, 4)));

/**
 * problem_set_field() - describe a field that cannot be understood
 */
int problem_set_field(struct problem *problem, const char *field,
		      const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * problem_set_limit() - describe a field that exceeds a limit
 * @status: HTTP status
 * @what: the field's value with its unit, such as "300 workloads"
 */
int problem_set_limit(struct problem *problem, unsigned int status,
		      const char *field, const char *what, long long limit);

/**
 * problem_set_error() - describe a failure that is not the client's
 * @status: the negative errno: 507 for a full disk, 503 for a lack of memory,
 *	else 500
 */
int problem_set_error(struct problem *problem, int status,
		      const struct phyr_error *error);

/**
 * problem_render() - the problem document
 */
json_t *problem_render(const struct problem *problem);

#endif
