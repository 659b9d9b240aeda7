/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SYSTEM_H
#define SYSTEM_H

#include <jansson.h>

/**
 * system_drop_fork_safety() - unset what would be measured, and remember it
 */
void system_drop_fork_safety(void);

/**
 * system_render() - the machine, its kernel and what bears on measuring
 * @history: ended runs that are kept
 */
json_t *system_render(unsigned int history);

#endif
