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

void measure(benchmark::State &state, const layout &layout, int which,
	     series series)
{
	const phyr_backing *backing;
	const phyr_device *device;
	phyr_error error;
	uint64_t ns[2];
	ibv_mr *mr;

	device = device_get(&error);
	if (!device)
		return state_skip(state, error);
	backing = memory_get(layout, which, &error);
	if (!backing)
		return state_skip(state, error);

	while (state.KeepRunning()) {
		if (phyr_mr_register(device->pd, backing->addr, layout.size,
				     &mr, &ns[REG], &error) ||
		    phyr_mr_deregister(mr, &ns[DEREG], &error))
			return state_skip(state, error);
		state_add(state, ns[series]);
	}
}

struct subject {
	const char *name;
	enum series series;
};

body body_of(const subject &subject)
{
	return [=](benchmark::State &state, const layout &layout, int which) {
		measure(state, layout, which, subject.series);
	};
}

} // namespace

void register_mr()
{
	static const subject subjects[] = {
		{ "mr/reg", REG },
		{ "mr/dereg", DEREG },
	};
	static const layout alone[] = {
		{ PHYR_BACKING_BASE, 4 * PHYR_KIB },
		{ PHYR_BACKING_BASE, 64 * PHYR_MIB },
		{ PHYR_BACKING_THP, 64 * PHYR_MIB },
		{ PHYR_BACKING_HUGETLB_2M, 64 * PHYR_MIB },
		{ PHYR_BACKING_HUGETLB_1G, PHYR_GIB },
	};
	static const layout contended[] = {
		{ PHYR_BACKING_HUGETLB_2M, 2 * PHYR_MIB },
		{ PHYR_BACKING_HUGETLB_1G, PHYR_GIB },
	};

	/* The same memory serves all subjects. */
	for (const layout &layout : alone) {
		for (const auto &subject : subjects)
			register_alone(subject.name, layout, body_of(subject));
	}
	for (const layout &layout : contended) {
		for (const auto &subject : subjects)
			register_contended(subject.name, layout,
					   body_of(subject));
	}
}
