/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STATUS_H
#define STATUS_H

/**
 * enum status - how phyrctl ends, see phyrctl(1); ./phyr compare has 0, 1, 2
 * and 4 for the same reasons
 * @STATUS_OK: all is well
 * @STATUS_ERROR: called wrongly, a file cannot be read or written, the daemon
 *	refused
 * @STATUS_BAD: done, but a workload was not measured or is worse
 * @STATUS_UNREACHABLE: no answer, or one that is not understood
 * @STATUS_UNTOLD: of a workload there are too few samples, or nothing could be
 *                 compared
 * @STATUS_INTERRUPTED: by SIGINT or SIGTERM; the run has been cancelled
 */
enum status {
	STATUS_OK = 0,
	STATUS_ERROR = 1,
	STATUS_BAD = 2,
	STATUS_UNREACHABLE = 3,
	STATUS_UNTOLD = 4,
	STATUS_INTERRUPTED = 130,
};

/**
 * fail() - say on stderr what went wrong
 *
 * Return: @status, so that a failing function can end in one line.
 */
enum status fail(enum status status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
