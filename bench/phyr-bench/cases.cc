// SPDX-License-Identifier: GPL-2.0-only
#include <sched.h>

#include "cases.h"

using benchmark::Counter;
using benchmark::State;

namespace
{

int usable_cpus()
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);
}

} // namespace

void register_alone(const std::string &name, const layout &layout,
		    const body &body)
{
	benchmark::RegisterBenchmark((name + "/" + layout_name(layout)).c_str(),
				     [=](State &state) {
					     body(state, layout, 0);
				     })
		->UseManualTime();
}

void register_contended(const std::string &name, const layout &layout,
			const body &body)
{
	std::string full = name + "/" + layout_name(layout);

	benchmark::RegisterBenchmark((full + "/shared").c_str(),
				     [=](State &state) {
					     body(state, layout, 0);
				     })
		->ThreadRange(1, usable_cpus())
		->UseManualTime();
	benchmark::RegisterBenchmark((full + "/own").c_str(),
				     [=](State &state) {
					     body(state, layout,
						  state.thread_index());
				     })
		->ThreadRange(1, usable_cpus())
		->UseManualTime();
}

void state_skip(State &state, const phyr_error &error)
{
	state.SkipWithError(error.message);
}

void state_add(State &state, uint64_t ns)
{
	double seconds = (double)ns / 1e9;
	Counter &counter = state.counters["seconds_per_call"];

	counter.flags = Counter::kAvgIterations;
	counter.value += seconds;
	state.SetIterationTime(seconds);
}
