// SPDX-License-Identifier: GPL-2.0-only
/* The list of workload families. */
#include "families.h"

/* One a line: a new family is a new line, and changes no other. */
/* clang-format off */
const struct phyr_family *const phyr_families[] = {
	&family_gup,
	&family_dma,
	&family_mr,
	&family_rdma,
	&family_gup_test,
	&family_crypto,
	&family_af_alg,
	&family_dio,
	&family_uring,
	NULL,
};
