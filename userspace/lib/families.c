// SPDX-License-Identifier: GPL-2.0-only
/* The list of workload families. */
#include "families.h"

const struct phyr_family *const phyr_families[] = {
	&family_gup,
	&family_dma,
	&family_mr,
	&family_rdma,
	&family_gup_test,
	&family_crypto,
	&family_af_alg,
	NULL,
};
