// SPDX-License-Identifier: GPL-2.0-only
/* RDMA writes from the first half of some memory to the second. */
#include <memory>

#include "cases.h"
#include "device.h"
#include "families.h"

namespace
{

struct destroy {
	void operator()(phyr_rdma *rdma) const
	{
		phyr_rdma_destroy(rdma);
	}

	void operator()(ibv_mr *mr) const
	{
		phyr_mr_deregister(mr, NULL, NULL);
	}
};

typedef std::unique_ptr<phyr_rdma, destroy> connection;
typedef std::unique_ptr<ibv_mr, destroy> region;

connection connect(const phyr_device *device, phyr_error *error)
{
	phyr_rdma *rdma;

	return connection(phyr_rdma_create(device, &rdma, error) ? nullptr
								 : rdma);
}

region register_half(const phyr_device *device, const phyr_backing *backing,
		     int half, phyr_error *error)
{
	size_t size = backing->len / 2;
	ibv_mr *mr;

	return region(phyr_mr_register(device->pd,
				       (char *)backing->addr + half * size,
				       size, &mr, NULL, error)
			      ? nullptr
			      : mr);
}

int measure(benchmark::State &state, const layout &message, int,
	    phyr_error *error)
{
	const layout both = { message.kind, 2 * message.size };
	const phyr_backing *backing;
	const phyr_device *device;
	uint64_t ns;

	device = device_get(error);
	if (!device)
		return -1;
	backing = memory_get(both, 0, error);
	if (!backing)
		return -1;
	connection rdma = connect(device, error);
	if (!rdma)
		return -1;
	region local = register_half(device, backing, 0, error);
	if (!local)
		return -1;
	region remote = register_half(device, backing, 1, error);
	if (!remote)
		return -1;

	while (state.KeepRunning()) {
		if (phyr_rdma_write(rdma.get(), local.get(), remote.get(),
				    message.size, &ns, error))
			return -1;
		calls_add(ns);
	}
	state.SetBytesProcessed(state.iterations() * (int64_t)message.size);
	return 0;
}

} // namespace

void register_rdma()
{
	register_subjects({ { "rdma/write", measure } },
			  {
				  { PHYR_BACKING_BASE, 4 * PHYR_KIB },
				  { PHYR_BACKING_BASE, 64 * PHYR_KIB },
				  { PHYR_BACKING_THP, 64 * PHYR_KIB },
				  { PHYR_BACKING_HUGETLB_2M, 64 * PHYR_KIB },
				  { PHYR_BACKING_HUGETLB_2M, PHYR_MIB },
				  { PHYR_BACKING_HUGETLB_1G, 64 * PHYR_KIB },
			  },
			  {});
}
