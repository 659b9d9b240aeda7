// SPDX-License-Identifier: GPL-2.0-only
#include "families.h"

const struct phyr_family *const phyr_families[] = {
	&phyr_family_gup,
	&phyr_family_dma,
	&phyr_family_mr,
	&phyr_family_rdma,
	&phyr_family_gup_test,
	&phyr_family_crypto,
	&phyr_family_af_alg,
	NULL,
};
