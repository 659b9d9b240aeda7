// SPDX-License-Identifier: GPL-2.0-only
/* Benchmarks whose rounds are carried out and timed by the kernel. */
#include <algorithm>

#include "in_kernel.h"

namespace
{

/*
 * Rounds that are measured together, at most. Each time the device is opened
 * and arrays are allocated, untimed, and the first round after that is not
 * counted.
 */
constexpr unsigned int ROUNDS = 16;

int measure(benchmark::State &state, const layout &layout, int which,
	    const std::string &name, phyr_error *error)
{
	uint64_t left = (uint64_t)state.max_iterations, ns[2][ROUNDS];
	const atomic_bool never{ false };
	phyr_parameters parameters = {};
	phyr_workload workload;

	if (phyr_workload_parse((name + "/" + layout_name(layout)).c_str(),
				&workload, error) ||
	    workload.family->probe(NULL, error))
		return -1;
	const phyr_backing *backing = memory_get(layout, which, error);
	if (!backing)
		return -1;

	phyr_task task = {};
	task.form = workload.form;
	task.variant = workload.variant;
	task.backing = backing;
	task.size = layout.size;
	task.warmup = 1;
	task.samples = (unsigned int)std::min<uint64_t>(ROUNDS, left);
	task.series[0] = ns[0];
	task.series[1] = ns[1];
	task.parameters = &parameters;
	task.stop = &never;
	while (state.KeepRunningBatch(task.samples)) {
		const uint64_t *series = ns[workload.series];

		if (workload.family->measure(&task, error))
			return -1;
		std::for_each(series, series + task.samples, calls_add);
		/* Exactly as many as asked for: all repetitions have the same. */
		left -= task.samples;
		if (left && left < ROUNDS)
			task.samples = (unsigned int)left;
	}
	return 0;
}

} // namespace

std::vector<subject> in_kernel(const std::vector<std::string> &names)
{
	std::vector<subject> subjects;

	for (const std::string &name : names)
		subjects.push_back({ name, [=](benchmark::State &state,
					       const layout &layout, int which,
					       phyr_error *error) {
					    return measure(state, layout, which,
							   name, error);
				    } });
	return subjects;
}
