/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOG_H
#define LOG_H

/**
 * enum log_kind - what a line is about; each kind has a rate of its own
 */
enum log_kind {
	LOG_START,
	LOG_FAILURE, /* the daemon could not do what it is for */
	LOG_REFUSAL, /* of a client that may not be served */
	LOG_CROWD, /* connections or files are short */
	LOG_RUN,
	LOG_KINDS,
};

/**
 * log_line() - tell the operator, on stderr
 *
 * At most LIMIT_LOG_LINES of a kind are written in LIMIT_LOG_SECONDS, and none
 * that says the same as the one before it; the next line then says how many were
 * left out. Bytes that are not printable ASCII are replaced. Any thread may call
 * it.
 */
void log_line(enum log_kind kind, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
