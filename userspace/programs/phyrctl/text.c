// SPDX-License-Identifier: GPL-2.0-only
/* Times, dates and names as people read them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "text.h"

/* Bytes of a character that does something in place of standing for something. */
static size_t armed(const char *text)
{
	static const struct {
		unsigned char first[3];
		unsigned char last[3];
	} ranges[] = {
		{ { 0xd8, 0x9c }, { 0xd8, 0x9c } }, /* Arabic letter mark */
		{ { 0xe2, 0x80, 0x8e }, { 0xe2, 0x80, 0x8f } }, /* LRM, RLM */
		/* line and paragraph, embeddings and overrides */
		{ { 0xe2, 0x80, 0xa8 }, { 0xe2, 0x80, 0xae } },
		{ { 0xe2, 0x81, 0xa6 }, { 0xe2, 0x81, 0xa9 } }, /* isolates */
		{ { 0xc2, 0x80 }, { 0xc2, 0x9f } }, /* C1 controls */
	};

	if ((unsigned char)*text < ' ' || *text == 0x7f)
		return 1;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		size_t len = ranges[i].first[2] ? 3 : 2;

		if (strnlen(text, len) == len &&
		    memcmp(text, ranges[i].first, len) >= 0 &&
		    memcmp(text, ranges[i].last, len) <= 0)
			return len;
	}
	return 0;
}

void text_disarm(char *text)
{
	while (*text) {
		size_t len = armed(text);

		memset(text, '?', len);
		text += len ? len : 1;
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

/* In groups of three digits. */
static void group(const char *digits, char text[TEXT_TIME])
{
	size_t len = strlen(digits);

	for (size_t i = 0; i < len; i++) {
		*text++ = digits[i];
		if (i + 1 < len && (len - i) % 3 == 1)
			*text++ = ',';
	}
	*text = '\0';
}

void text_figure(const json_t *value, const char *unit, const char *clock,
		 char text[TEXT_TIME])
{
	double number = json_number_value(value);
	char digits[24];

	if (strcmp(clock, "icount") || !json_is_number(value)) {
		text_duration(value, unit, text);
		return;
	}
	if (!strcmp(unit, "ps"))
		number /= 1000;
	if (number < 1000 || number >= 1e18) {
		snprintf(text, TEXT_TIME, "%.4g", number);
		return;
	}
	snprintf(digits, sizeof(digits), "%.0f", number);
	group(digits, text);
}

bool text_ratio(const json_t *value, char text[TEXT_TIME])
{
	/* Halves go up, as in JavaScript. */
	double number = nextafter(json_number_value(value), INFINITY);
	char digits[TEXT_TIME];

	if (!json_is_number(value))
		return false;
	if (number >= 1e18) {
		snprintf(text, TEXT_TIME, "%.3g", number);
	} else if (number >= 99.995) {
		snprintf(digits, sizeof(digits), "%.0f", number);
		group(digits, text);
	} else if (number >= 0.1 || json_number_value(value) <= 0) {
		snprintf(text, TEXT_TIME, "%.2f", number);
	} else {
		snprintf(digits, sizeof(digits), "%.2e", number);
		snprintf(text, TEXT_TIME, "%.*f",
			 2 - atoi(strchr(digits, 'e') + 1), number);
	}
	return true;
}

const char *text_unit(const char *clock)
{
	return strcmp(clock, "icount") ? "" : " (instructions)";
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
