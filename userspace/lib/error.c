// SPDX-License-Identifier: GPL-2.0-only
/* Errors as a number and a sentence. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <phyr/error.h>

int phyr_error_set(struct phyr_error *error, int status, const char *format,
		   ...)
{
	va_list args;

	if (!error)
		return status;

	error->code = -status;
	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	return status;
}

const char *phyr_error_name(int code)
{
	const char *name = strerrorname_np(abs(code));

	return name ? name : "EUNKNOWN";
}
