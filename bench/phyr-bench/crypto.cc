// SPDX-License-Identifier: GPL-2.0-only
/* Encrypting memory in place, by a device and by the CPU. */
#include "families.h"
#include "in_kernel.h"

void register_crypto()
{
	register_subjects(in_kernel({ "crypto/sg/virtio/setup",
				      "crypto/phyrs/virtio/setup",
				      "crypto/sg/virtio/total",
				      "crypto/phyrs/virtio/total" }),
			  {
				  { PHYR_BACKING_BASE, 4 * PHYR_KIB },
				  { PHYR_BACKING_BASE, 64 * PHYR_KIB },
				  { PHYR_BACKING_HUGETLB_2M, 64 * PHYR_KIB },
				  /* The ring takes no larger scatterlist. */
				  { PHYR_BACKING_HUGETLB_2M, PHYR_MIB },
				  { PHYR_BACKING_HUGETLB_1G, PHYR_MIB },
			  },
			  {});
	register_subjects(in_kernel({ "crypto/sg/soft-ctr/total",
				      "crypto/phyrs/soft-ctr/total",
				      "crypto/sg/soft-cbc/total",
				      "crypto/phyrs/soft-cbc/total" }),
			  {
				  { PHYR_BACKING_BASE, 64 * PHYR_KIB },
				  { PHYR_BACKING_HUGETLB_2M, 2 * PHYR_MIB },
			  },
			  {});
}
