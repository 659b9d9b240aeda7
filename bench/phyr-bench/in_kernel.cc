// SPDX-License-Identifier: GPL-2.0-only
/* Benchmarks whose rounds are carried out and timed by libphyr or the kernel. */
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
	    const std::string &name, const char *device, phyr_error *error)
{
	uint64_t left = (uint64_t)state.max_iterations;
	uint64_t ns[PHYR_SERIES_MAX][ROUNDS];
	const atomic_bool never{ false };
	phyr_parameters parameters = {};
	phyr_workload workload;

	if (phyr_workload_parse((name + "/" + layout_name(layout)).c_str(),
				&workload, error) ||
	    workload.family->probe(device, error))
		return -1;
	const phyr_backing *backing = memory_get(layout, which, error);
	if (!backing)
		return -1;

	phyr_task task = {};
	task.form = workload.form;
	task.rounds = phyr_workload_rounds(&workload);
	task.device = device;
	task.variant = workload.variant;
	task.backing = backing;
	task.size = layout.size;
	task.warmup = 1;
	task.samples = (unsigned int)std::min<uint64_t>(ROUNDS, left);
	for (int i = 0; i < PHYR_SERIES_MAX; i++)
		task.series[i] = ns[i];
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

std::vector<subject> in_kernel(const std::vector<std::string> &names,
			       const char *const *device)
{
	std::vector<subject> subjects;

	for (const std::string &name : names)
		subjects.push_back(
			{ name,
			  [=](benchmark::State &state, const layout &layout,
			      int which, phyr_error *error) {
				  return measure(state, layout, which, name,
						 device ? *device : nullptr,
						 error);
			  } });
	return subjects;
}
