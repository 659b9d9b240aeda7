/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef METRIC_TEXT_H
#define METRIC_TEXT_H

#include <stdbool.h>

#include "text.h"

/**
 * struct metric_text - metrics, in the one format or the other
 * @text: what is written
 * @open: OpenMetrics 1.0, else what Prometheus had before
 */
struct metric_text {
	struct text *text;
	bool open;
};

/**
 * metric_begin() - what follows is of this family
 * @name: without the suffix of its type
 * @type: "gauge", "counter", "info"
 * @unit: which the name ends with, or NULL
 * @help: a sentence
 */
void metric_begin(struct metric_text *metrics, const char *name,
		  const char *type, const char *unit, const char *help);

/**
 * metric_label() - append name="value" to labels
 * @value: UTF-8 of any kind; nothing is appended for NULL
 */
void metric_label(struct text *labels, const char *name, const char *value);

/**
 * metric_type() - the Content-Type
 */
const char *metric_type(bool open);

#endif
