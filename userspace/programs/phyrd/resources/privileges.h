/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include <jansson.h>

/**
 * privileges_render() - who we are, and which capabilities we lack for what
 */
json_t *privileges_render(void);

#endif
