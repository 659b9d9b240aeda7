/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IN_KERNEL_H
#define IN_KERNEL_H

#include "cases.h"

/**
 * in_kernel() - subjects whose rounds the kernel carries out and times itself
 * @names: of libphyr's workloads, up to the layout
 */
std::vector<subject> in_kernel(const std::vector<std::string> &names);

#endif
