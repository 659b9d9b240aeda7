/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#define TEXT_TIME 32
#define TEXT_NAME 512

/**
 * text_disarm() - replace control characters, which a terminal might obey, and
 * those that turn the direction of writing
 */
void text_disarm(char *text);

/**
 * text_duration() - like "8.915 us"
 * @value: a number
 * @unit: of @value, "ns" or "ps"
 */
void text_duration(const json_t *value, const char *unit, char text[TEXT_TIME]);

/**
 * text_figure() - a figure in what the clock counts: like "8,915" instructions
 * of the clock "icount", else as text_duration()
 */
void text_figure(const json_t *value, const char *unit, const char *clock,
		 char text[TEXT_TIME]);

/**
 * text_ratio() - how many times less head takes, as the page and ./phyr compare
 * write it: three digits below 0.1, groups from 100 on
 *
 * Return: false where @value is no number; @text is then as it was.
 */
bool text_ratio(const json_t *value, char text[TEXT_TIME]);

/**
 * text_unit() - what stands in a heading for figures of a clock: " (instructions)"
 * or nothing
 */
const char *text_unit(const char *clock);

/**
 * text_date() - local time of ns since 1970
 */
void text_date(const json_t *ns, char text[TEXT_TIME]);

/**
 * text_name() - of a result or of a row of a comparison: "workload (device)",
 * without the device where none is named
 */
void text_name(const json_t *row, char text[TEXT_NAME]);

/**
 * text_of() - a member that is a string, "" if it is none
 */
const char *text_of(const json_t *object, const char *member);

#endif
