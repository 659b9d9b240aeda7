/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CATALOGUE_H
#define CATALOGUE_H

#include <jansson.h>

/**
 * catalogue_render() - what can be measured, here and in general
 */
json_t *catalogue_render(void);

#endif
