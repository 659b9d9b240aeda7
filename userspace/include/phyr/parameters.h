/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_PARAMETERS_H
#define PHYR_PARAMETERS_H

#include <stddef.h>
#include <stdint.h>

#define PHYR_PARAMETERS_MAX 16

/**
 * struct phyr_parameter - a setting under which samples were taken
 * @name: what, with its unit at the end
 * @text: the value, or empty if it is a number
 * @number: the value if it is a number
 */
struct phyr_parameter {
	char name[32];
	char text[64];
	int64_t number;
};

/**
 * struct phyr_parameters - settings in the order in which they were noted
 */
struct phyr_parameters {
	size_t n;
	struct phyr_parameter entries[PHYR_PARAMETERS_MAX];
};

/**
 * phyr_parameters_add_number() - note a number
 *
 * Noting a setting again replaces its value. More than PHYR_PARAMETERS_MAX
 * settings are a bug in the caller.
 */
void phyr_parameters_add_number(struct phyr_parameters *parameters,
				const char *name, int64_t number);

/**
 * phyr_parameters_add_text() - note a text, cut to fit, not empty
 */
void phyr_parameters_add_text(struct phyr_parameters *parameters,
			      const char *name, const char *text);

#endif
