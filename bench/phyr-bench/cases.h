/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CASES_H
#define CASES_H

#include <functional>
#include <string>
#include <benchmark/benchmark.h>

#include "memory.h"

/**
 * typedef body - a benchmark of some memory
 *
 * It hands the time of each call to state_add().
 */
typedef std::function<void(benchmark::State &state, const layout &layout,
			   int which)>
	body;

/**
 * register_alone() - a benchmark of one thread
 * @name: its name up to the layout
 */
void register_alone(const std::string &name, const layout &layout,
		    const body &body);

/**
 * register_contended() - the same by 1 to as many threads as there are CPUs
 *
 * It becomes two: in "shared" all threads work on the same memory, in "own"
 * each on its own.
 */
void register_contended(const std::string &name, const layout &layout,
			const body &body);

/**
 * state_skip() - end a benchmark that cannot be carried out, saying why
 */
void state_skip(benchmark::State &state, const phyr_error &error);

/**
 * state_add() - note the time that calls took
 *
 * Google Benchmark's time of several threads is that of one thread divided by
 * their number. What a call took is in the counter "seconds_per_call".
 */
void state_add(benchmark::State &state, uint64_t ns);

#endif
