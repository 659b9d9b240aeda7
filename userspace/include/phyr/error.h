/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_ERROR_H
#define PHYR_ERROR_H

/**
 * struct phyr_error - why a libphyr function failed, in words
 * @code: the errno, positive
 * @message: one line without a full stop: what failed, and what helps
 *
 * Functions that can fail return a negative errno and fill the error they are
 * given; NULL is fine where only the number matters. A success leaves the
 * error as it was.
 */
struct phyr_error {
	int code;
	char message[320];
};

/**
 * phyr_error_set() - fill an error
 * @error: to be filled, or NULL
 * @status: negative errno
 * @format: printf format of the message
 *
 * Return: @status, so that a failing function can end in one line.
 */
int phyr_error_set(struct phyr_error *error, int status, const char *format,
		   ...) __attribute__((format(printf, 3, 4)));

/**
 * phyr_error_name() - symbolic name of an errno
 * @code: errno of either sign
 *
 * Return: "ENOMEM" and the like, "EUNKNOWN" if the C library has no name.
 */
const char *phyr_error_name(int code);

#endif
