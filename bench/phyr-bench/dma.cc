// SPDX-License-Identifier: GPL-2.0-only
/* Mapping pinned memory for a PCI device, and unmapping it. */
#include "families.h"
#include "in_kernel.h"

void register_dma()
{
	register_subjects(in_kernel({ "dma/sg/map", "dma/phyrs/map",
				      "dma/sg/unmap", "dma/phyrs/unmap" }),
			  {
				  { PHYR_BACKING_BASE, 4 * PHYR_KIB },
				  { PHYR_BACKING_BASE, 64 * PHYR_MIB },
				  { PHYR_BACKING_THP, 64 * PHYR_MIB },
				  { PHYR_BACKING_HUGETLB_2M, 64 * PHYR_MIB },
				  { PHYR_BACKING_HUGETLB_1G, PHYR_GIB },
			  },
			  {});
}
