// SPDX-License-Identifier: GPL-2.0-only
/* Comments in files that people write. */
#include <stdint.h>

#include "comments.h"

#define NO_END SIZE_MAX /* neither a comment nor JSON */

/* The bytes that a comment takes from @at on, 0 if there is none. */
static size_t measure(const char *text, size_t len, size_t at)
{
	size_t end = at + 2;

	if (text[at] == '#' ||
	    (text[at] == '/' && at + 1 < len && text[at + 1] == '/')) {
		for (end = at; end < len && text[end] != '\n';)
			end++;
		return end - at;
	}
	if (text[at] != '/' || at + 1 == len || text[at + 1] != '*')
		return 0;
	for (; end + 1 < len; end++) {
		if (text[end] == '*' && text[end + 1] == '/')
			return end + 2 - at;
	}
	return NO_END;
}

/* Behind the string that begins at @at. */
static size_t skip_string(const char *text, size_t len, size_t at)
{
	for (at++; at < len && text[at] != '"'; at++)
		at += text[at] == '\\';
	return at + 1;
}

void comments_blank(char *text, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t n = measure(text, len, at);

		if (text[at] == '"')
			at = skip_string(text, len, at);
		else if (n == NO_END)
			return;
		else if (!n)
			at++;
		for (; n; n--, at++) {
			if (text[at] != '\n')
				text[at] = ' ';
		}
	}
}
