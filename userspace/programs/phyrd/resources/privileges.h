/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include <jansson.h>

/**
 * privileges_render() - our user, and what we cannot do for lack of a capability
 */
json_t *privileges_render(void);

#endif
