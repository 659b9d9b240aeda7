// SPDX-License-Identifier: GPL-2.0-only
/* Notes the settings under which samples were taken. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <phyr/parameters.h>

static struct phyr_parameter *find_or_add(struct phyr_parameters *parameters,
					  const char *name)
{
	struct phyr_parameter *entry = parameters->entries;
	struct phyr_parameter *end = entry + parameters->n;

	while (entry < end && strcmp(entry->name, name))
		entry++;
	if (entry == end) {
		assert(parameters->n < PHYR_PARAMETERS_MAX);
		parameters->n++;
		snprintf(entry->name, sizeof(entry->name), "%s", name);
	}
	return entry;
}

void phyr_parameters_add_number(struct phyr_parameters *parameters,
				const char *name, int64_t number)
{
	struct phyr_parameter *entry = find_or_add(parameters, name);

	entry->text[0] = '\0';
	entry->number = number;
}

void phyr_parameters_add_text(struct phyr_parameters *parameters,
			      const char *name, const char *text)
{
	struct phyr_parameter *entry = find_or_add(parameters, name);

	snprintf(entry->text, sizeof(entry->text), "%s", text);
	entry->number = 0;
}
