// SPDX-License-Identifier: GPL-2.0-only
/* The text formats that Prometheus reads. */
#include <string.h>

#include "metric_text.h"

/* The older one has no infos, and calls a counter what its samples are called. */
void metric_begin(struct metric_text *metrics, const char *name,
		  const char *type, const char *unit, const char *help)
{
	bool info = !strcmp(type, "info");
	const char *suffix = "";

	if (!metrics->open && info)
		suffix = "_info";
	if (!metrics->open && !strcmp(type, "counter"))
		suffix = "_total";
	if (!metrics->open && info)
		type = "gauge";
	text_add(metrics->text, "# TYPE %s%s %s\n", name, suffix, type);
	if (metrics->open && unit)
		text_add(metrics->text, "# UNIT %s %s\n", name, unit);
	text_add(metrics->text, "# HELP %s%s %s\n", name, suffix, help);
}

void metric_label(struct text *labels, const char *name, const char *value)
{
	if (!value)
		return;
	text_add(labels, "%s%s=\"", labels->len ? "," : "", name);
	for (; *value; value++) {
		if (*value == '\n')
			text_add_bytes(labels, "\\n", 2);
		else if (*value == '"' || *value == '\\')
			text_add(labels, "\\%c", *value);
		else
			text_add_bytes(labels, value, 1);
	}
	text_add_bytes(labels, "\"", 1);
}

const char *metric_type(bool open)
{
	return open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		    : "text/plain; version=0.0.4; charset=utf-8";
}
