/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FAMILIES_H
#define FAMILIES_H

#include <phyr/workload.h>

extern const struct phyr_family family_af_alg;
extern const struct phyr_family family_crypto;
extern const struct phyr_family family_dio;
extern const struct phyr_family family_dma;
extern const struct phyr_family family_gup;
extern const struct phyr_family family_gup_test;
extern const struct phyr_family family_mr;
extern const struct phyr_family family_rdma;
extern const struct phyr_family family_uring;

#endif
