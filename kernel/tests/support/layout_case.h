/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LAYOUT_CASE_H
#define LAYOUT_CASE_H

#include "description.h"
#include "layout.h"

/* layout_prepare() for the set-up of a program, which fails where it does. */
void layout_case_prepare(void);

/*
 * layout_build_parts() for a test, which is skipped if this machine has no
 * memory of a kind, and fails if it cannot be had otherwise.
 */
void layout_case_build(struct layout *layout, const struct layout_part *parts,
		       size_t nr, size_t before);

/* To describe all of it. */
struct description_request layout_case_request(const struct layout *layout,
					       enum phyr_test_form form,
					       unsigned int flags);

#endif
