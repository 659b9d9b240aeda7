/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BASE_PAGE_H
#define BASE_PAGE_H

#include <unistd.h>

/* The kernel's smallest page in bytes: 4, 16 or 64 KiB. */
#define PAGE ((unsigned long)getpagesize())
#define MOST_PAGE (64ul << 10)

#endif
