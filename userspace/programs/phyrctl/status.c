// SPDX-License-Identifier: GPL-2.0-only
/* Says on stderr what went wrong. */
#include <stdarg.h>
#include <stdio.h>

#include "status.h"
#include "text.h"

enum status fail(enum status status, const char *format, ...)
{
	char message[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	text_disarm(message);
	fprintf(stderr, "phyrctl: %s\n", message);
	return status;
}
