/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CASES_H
#define CASES_H

#include <functional>
#include <string>
#include <vector>
#include <benchmark/benchmark.h>

#include "memory.h"

/**
 * typedef body - a benchmark of some memory
 * @error: filled on failure
 *
 * It hands the time of each call to calls_add(), and may be called by several
 * threads.
 *
 * Return: 0, or negative if it cannot be carried out.
 */
typedef std::function<int(benchmark::State &state, const layout &layout,
			  int which, phyr_error *error)>
	body;

/**
 * struct subject - what is measured
 * @name: a workload's name up to the layout
 * @measure: how
 */
struct subject {
	std::string name;
	body measure;
};

/**
 * register_subjects() - a benchmark of each subject and layout
 * @subjects: what
 * @alone: measured by one thread
 * @contended: measured by 1 to as many threads as there are CPUs, twice: in
 *	"shared" all threads work on the same memory, in "own" each on its own
 *
 * Benchmarks of the same memory follow each other, so that it is made once. One
 * that fails is skipped, and says why; so are its repetitions from then on.
 */
void register_subjects(const std::vector<subject> &subjects,
		       const std::vector<layout> &alone,
		       const std::vector<layout> &contended);

/**
 * calls_add() - note the time that a call took, in ns
 *
 * The median of all calls of a repetition is its time, as it is phyrd's figure.
 * Google Benchmark's time of several threads is that of one thread divided by
 * their number. What a call took is in the counter "seconds_per_call".
 */
void calls_add(uint64_t ns);

#endif
