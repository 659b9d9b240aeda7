/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SYSTEM_H
#define SYSTEM_H

#include <jansson.h>

/**
 * system_render() - the machine, its kernel and what bears on measuring
 */
json_t *system_render(void);

#endif
