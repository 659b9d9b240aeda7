/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IN_KERNEL_H
#define IN_KERNEL_H

#include "cases.h"

/**
 * in_kernel() - subjects whose rounds are carried out and timed by libphyr, or by
 *	the kernel itself
 * @names: of libphyr's workloads, up to the layout
 * @device: where the name of the device will be that they are measured with, or
 *	NULL for the first there is
 */
std::vector<subject> in_kernel(const std::vector<std::string> &names,
			       const char *const *device = nullptr);

#endif
