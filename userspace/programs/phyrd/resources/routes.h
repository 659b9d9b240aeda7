/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ROUTES_H
#define ROUTES_H

#include "service.h"

/* The route of every resource, and of every file of the page. */
find_route routes_find;

#endif
