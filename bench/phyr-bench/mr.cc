// SPDX-License-Identifier: GPL-2.0-only
/* Registering and deregistering memory regions. */
#include "cases.h"
#include "device.h"
#include "families.h"

namespace
{

enum series {
	REG,
	DEREG
};

int measure(benchmark::State &state, const layout &layout, int which,
	    series series, phyr_error *error)
{
	const phyr_backing *backing;
	const phyr_device *device;
	uint64_t ns[2];
	ibv_mr *mr;

	device = device_get(error);
	if (!device)
		return -1;
	backing = memory_get(layout, which, error);
	if (!backing)
		return -1;

	while (state.KeepRunning()) {
		if (phyr_mr_register(device->pd, backing->addr, layout.size,
				     &mr, &ns[REG], error) ||
		    phyr_mr_deregister(mr, &ns[DEREG], error))
			return -1;
		calls_add(ns[series]);
	}
	return 0;
}

body body_of(series series)
{
	return [=](benchmark::State &state, const layout &layout, int which,
		   phyr_error *error) {
		return measure(state, layout, which, series, error);
	};
}

} // namespace

void register_mr()
{
	register_subjects({ { "mr/reg", body_of(REG) },
			    { "mr/dereg", body_of(DEREG) } },
			  {
				  { PHYR_BACKING_BASE, 4 * PHYR_KIB },
				  { PHYR_BACKING_BASE, 64 * PHYR_MIB },
				  { PHYR_BACKING_THP, 64 * PHYR_MIB },
				  { PHYR_BACKING_HUGETLB_2M, 64 * PHYR_MIB },
				  { PHYR_BACKING_HUGETLB_1G, PHYR_GIB },
			  },
			  {
				  { PHYR_BACKING_HUGETLB_2M, 2 * PHYR_MIB },
				  { PHYR_BACKING_HUGETLB_1G, PHYR_GIB },
			  });
}
