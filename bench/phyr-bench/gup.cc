// SPDX-License-Identifier: GPL-2.0-only
/* Pinning and unpinning. */
#include "families.h"
#include "in_kernel.h"

void register_gup()
{
	register_subjects(in_kernel({ "gup/pages/pin", "gup/phyrs/pin",
				      "gup/pages/unpin", "gup/phyrs/unpin" }),
			  {
				  { PHYR_BACKING_BASE, 4 * PHYR_KIB },
				  { PHYR_BACKING_BASE, 64 * PHYR_MIB },
				  { PHYR_BACKING_THP, 2 * PHYR_MIB },
				  { PHYR_BACKING_THP, 64 * PHYR_MIB },
				  { PHYR_BACKING_HUGETLB_2M, 64 * PHYR_MIB },
				  { PHYR_BACKING_HUGETLB_1G, PHYR_GIB },
			  },
			  {
				  { PHYR_BACKING_HUGETLB_2M, 2 * PHYR_MIB },
				  { PHYR_BACKING_HUGETLB_1G, PHYR_GIB },
			  });
}
