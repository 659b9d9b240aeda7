// SPDX-License-Identifier: GPL-2.0-only
/* Sizes such as 64KiB, in words and in bytes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <phyr/size.h>

static const struct {
	const char *name;
	size_t bytes;
} units[] = {
	{ "GiB", PHYR_GIB },
	{ "MiB", PHYR_MIB },
	{ "KiB", PHYR_KIB },
};

#define NR_UNITS (sizeof(units) / sizeof(units[0]))

int phyr_size_parse(const char *text, size_t *bytes)
{
	size_t value = 0;

	if (*text < '1' || *text > '9')
		return -EINVAL;
	for (; *text >= '0' && *text <= '9'; text++) {
		if (__builtin_mul_overflow(value, (size_t)10, &value) ||
		    __builtin_add_overflow(value, (size_t)(*text - '0'),
					   &value))
			return -ERANGE;
	}

	for (size_t i = 0; i < NR_UNITS; i++) {
		if (strcmp(text, units[i].name))
			continue;
		if (__builtin_mul_overflow(value, units[i].bytes, &value))
			return -ERANGE;
		*bytes = value;
		return 0;
	}
	return -EINVAL;
}

void phyr_size_format(size_t bytes, char text[PHYR_SIZE_TEXT])
{
	size_t i = 0;

	while (i < NR_UNITS - 1 && bytes % units[i].bytes)
		i++;
	snprintf(text, PHYR_SIZE_TEXT, "%zu%s", bytes / units[i].bytes,
		 units[i].name);
}
