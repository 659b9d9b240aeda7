// SPDX-License-Identifier: GPL-2.0-only
/* Pinning and unpinning in the kernel, timed there: /dev/phyr_test. */
#include <algorithm>
#include <numeric>
#include <unistd.h>

#include "cases.h"
#include "families.h"

namespace
{

/*
 * Rounds per ioctl, at most. Each ioctl allocates the array that is filled, untimed, and
 * the round after that is not counted.
 */
constexpr unsigned int ROUNDS = 16;

enum series {
	PIN,
	UNPIN
};

struct test_device {
	int fd = -1;

	~test_device()
	{
		if (fd >= 0)
			close(fd);
	}
};

void measure(benchmark::State &state, const layout &layout, int which,
	     phyr_gup_form form, series series)
{
	const unsigned int rounds =
		(unsigned int)std::min<int64_t>(ROUNDS, state.max_iterations);
	const phyr_backing *backing;
	uint64_t ns[2][ROUNDS];
	test_device device;
	phyr_error error;

	if (phyr_gup_open(&device.fd, &error))
		return state_skip(state, error);
	backing = memory_get(layout, which, &error);
	if (!backing)
		return state_skip(state, error);

	while (state.KeepRunningBatch(rounds)) {
		if (phyr_gup_bench(device.fd, form, backing->addr, layout.size,
				   1, rounds, ns[PIN], ns[UNPIN], &error))
			return state_skip(state, error);
		state_add(state,
			  std::accumulate(ns[series], ns[series] + rounds,
					  UINT64_C(0)));
	}
}

struct subject {
	const char *name;
	phyr_gup_form form;
	enum series series;
};

body body_of(const subject &subject)
{
	return [=](benchmark::State &state, const layout &layout, int which) {
		measure(state, layout, which, subject.form, subject.series);
	};
}

} // namespace

void register_gup()
{
	static const subject subjects[] = {
		{ "gup/pages/pin", PHYR_GUP_PAGES, PIN },
		{ "gup/phyrs/pin", PHYR_GUP_PHYRS, PIN },
		{ "gup/pages/unpin", PHYR_GUP_PAGES, UNPIN },
		{ "gup/phyrs/unpin", PHYR_GUP_PHYRS, UNPIN },
	};
	static const layout alone[] = {
		{ PHYR_BACKING_BASE, 4 * PHYR_KIB },
		{ PHYR_BACKING_BASE, 64 * PHYR_MIB },
		{ PHYR_BACKING_THP, 2 * PHYR_MIB },
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
