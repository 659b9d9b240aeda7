// SPDX-License-Identifier: GPL-2.0-only
/* Times, dates and names as people read them. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "text.h"

void text_disarm(char *text)
{
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte < ' ' || byte == 0x7f)
			*text = '?';
		/* U+0080 to U+009F: C1 controls */
		if (byte == 0xc2 && (unsigned char)text[1] >= 0x80 &&
		    (unsigned char)text[1] < 0xa0)
			text[0] = text[1] = '?';
	}
}

void text_duration(const json_t *value, const char *unit, char text[TEXT_TIME])
{
	static const char *const units[] = { "ps", "ns", "us", "ms", "s" };
	size_t i = strcmp(unit, "ps") ? 1 : 0;
	double number = json_number_value(value);

	if (!json_is_number(value)) {
		strcpy(text, "-");
		return;
	}
	for (; number >= 999.95 && i + 1 < sizeof(units) / sizeof(*units); i++)
		number /= 1000;
	snprintf(text, TEXT_TIME, "%.4g %s", number, units[i]);
}

void text_date(const json_t *ns, char text[TEXT_TIME])
{
	time_t seconds = (time_t)(json_integer_value(ns) / 1000000000);
	struct tm tm;

	if (!seconds || !localtime_r(&seconds, &tm) ||
	    !strftime(text, TEXT_TIME, "%Y-%m-%d %H:%M:%S", &tm))
		strcpy(text, "-");
}

const char *text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

void text_name(const json_t *row, char text[TEXT_NAME])
{
	const char *device = text_of(row, "device");

	if (!*device)
		device = text_of(json_object_get(row, "parameters"), "device");
	snprintf(text, TEXT_NAME, "%s%s%s%s", text_of(row, "workload"),
		 *device ? " (" : "", device, *device ? ")" : "");
}
