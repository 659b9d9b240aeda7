// SPDX-License-Identifier: GPL-2.0-only
/* Reading disks and files directly, and registering buffers of io_uring. */
#include "dio.h"
#include "families.h"
#include "in_kernel.h"

namespace
{

const char *chosen; /* NULL: the first of each kind */

} // namespace

void dio_choose(const char *path)
{
	chosen = path;
}

void register_dio()
{
	register_subjects(in_kernel({ "dio/null/pread", "dio/null/submit",
				      "dio/nvme/pread", "dio/nvme/read",
				      "dio/nvme/submit", "dio/nvme/fixed",
				      "dio/virtio/pread", "dio/virtio/read",
				      "dio/virtio/submit", "dio/virtio/fixed",
				      "dio/ext4/pread", "dio/xfs/pread" },
				    &chosen),
			  {
				  { PHYR_BACKING_BASE, 4 * PHYR_KIB },
				  { PHYR_BACKING_BASE, PHYR_MIB },
				  { PHYR_BACKING_THP, PHYR_MIB },
				  { PHYR_BACKING_HUGETLB_2M, PHYR_MIB },
				  { PHYR_BACKING_HUGETLB_1G, PHYR_MIB },
				  { PHYR_BACKING_HUGETLB_1G, 64 * PHYR_MIB },
			  },
			  {});
}

void register_uring()
{
	register_subjects(in_kernel({ "uring/register", "uring/unregister" }),
			  {
				  { PHYR_BACKING_BASE, 4 * PHYR_KIB },
				  { PHYR_BACKING_BASE, PHYR_MIB },
				  { PHYR_BACKING_THP, 64 * PHYR_MIB },
				  { PHYR_BACKING_HUGETLB_1G, PHYR_GIB },
			  },
			  {});
}
