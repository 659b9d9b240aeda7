/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FAMILIES_H
#define FAMILIES_H

#include <phyr/workload.h>

extern const struct phyr_family phyr_family_af_alg;
extern const struct phyr_family phyr_family_crypto;
extern const struct phyr_family phyr_family_dma;
extern const struct phyr_family phyr_family_gup;
extern const struct phyr_family phyr_family_gup_test;
extern const struct phyr_family phyr_family_mr;
extern const struct phyr_family phyr_family_rdma;

#endif
