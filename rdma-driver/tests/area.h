/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef AREA_H
#define AREA_H

#include <stddef.h>
#include <infiniband/verbs.h>

/**
 * struct area - small pages under test, and a region of all of them
 * @start: filled with the pattern of MEMORY when it is opened
 * @len: in bytes
 * @mr: gives all access
 */
struct area {
	char *start;
	size_t len;
	struct ibv_mr *mr;
};

void area_open(struct area *area, size_t len);
/* Fails the test that is running if the region cannot go. */
void area_close(struct area *area);

#endif
