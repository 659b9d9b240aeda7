// SPDX-License-Identifier: GPL-2.0-only
/* Registers benchmarks, and keeps one that fails from aborting the others. */
#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <sched.h>

#include "cases.h"

using benchmark::Counter;
using benchmark::State;

namespace
{

/* Of the repetition that this thread is at: what each call took, in ns */
thread_local std::vector<uint64_t> calls;

/* Enough to know the median of more. */
constexpr size_t MOST_CALLS = 1 << 20;

double median_seconds()
{
	const auto middle = calls.begin() + (ptrdiff_t)(calls.size() / 2);

	std::nth_element(calls.begin(), middle, calls.end());
	const double upper = (double)*middle;
	const double lower =
		calls.size() % 2
			? upper
			: (double)*std::max_element(calls.begin(), middle);

	return (lower + upper) / 2 / 1e9;
}

/*
 * Google Benchmark divides the time by the iterations, which makes a mean; a few
 * calls that were interrupted would be most of it. So it is told the median, as
 * often.
 */
void report(State &state)
{
	const double seconds = median_seconds() * (double)state.iterations();
	Counter &counter = state.counters["seconds_per_call"];

	counter.flags = Counter::kAvgIterations;
	counter.value = seconds;
	state.SetIterationTime(seconds);
}

int usable_cpus()
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);
}

/*
 * A subject and layout with their failures. Google Benchmark aborts if the
 * first of several repetitions is skipped and others are not.
 */
class guarded
{
      public:
	guarded(const subject &subject, const layout &layout)
		: measure(subject.measure), memory(layout)
	{
	}

	void run(State &state, int which)
	{
		phyr_error error;

		if (has_failed(state, &error))
			return skip(state, error);
		calls.clear();
		if (!measure(state, memory, which, &error))
			return report(state);
		note_failure(state, error);
		skip(state, error);
	}

      private:
	const body measure;
	const layout memory;
	std::mutex lock; /* protects what follows */
	std::map<int, phyr_error> failures; /* by number of threads */

	bool has_failed(const State &state, phyr_error *error)
	{
		std::lock_guard<std::mutex> guard(lock);
		auto found = failures.find(state.threads());

		if (found != failures.end())
			*error = found->second;
		return found != failures.end();
	}

	void note_failure(const State &state, const phyr_error &error)
	{
		std::lock_guard<std::mutex> guard(lock);

		failures.emplace(state.threads(), error);
	}

	/*
	 * It aborts, too, if one repetition has other iterations than the next.
	 * It counts all of them if the loop was entered before the skip and
	 * none if it was not, so enter it.
	 */
	static void skip(State &state, const phyr_error &error)
	{
		if (!state.iterations())
			state.KeepRunning();
		state.SkipWithError(error.message);
	}
};

void register_alone(const subject &subject, const layout &layout)
{
	auto guarded = std::make_shared<class guarded>(subject, layout);

	benchmark::RegisterBenchmark(
		(subject.name + "/" + layout_name(layout)).c_str(),
		[=](State &state) { guarded->run(state, 0); })
		->UseManualTime();
}

void register_contended(const subject &subject, const layout &layout)
{
	std::string name = subject.name + "/" + layout_name(layout);
	auto shared = std::make_shared<guarded>(subject, layout);
	auto own = std::make_shared<guarded>(subject, layout);

	benchmark::RegisterBenchmark((name + "/shared").c_str(),
				     [=](State &state) {
					     shared->run(state, 0);
				     })
		->ThreadRange(1, usable_cpus())
		->UseManualTime();
	benchmark::RegisterBenchmark(
		(name + "/own").c_str(),
		[=](State &state) { own->run(state, state.thread_index()); })
		->ThreadRange(1, usable_cpus())
		->UseManualTime();
}

} // namespace

void register_subjects(const std::vector<subject> &subjects,
		       const std::vector<layout> &alone,
		       const std::vector<layout> &contended)
{
	for (const layout &layout : alone) {
		for (const subject &subject : subjects)
			register_alone(subject, layout);
	}
	for (const layout &layout : contended) {
		for (const subject &subject : subjects)
			register_contended(subject, layout);
	}
}

void calls_add(uint64_t ns)
{
	if (calls.size() < MOST_CALLS)
		calls.push_back(ns);
}
