/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_RUN_H
#define PHYR_RUN_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <phyr/error.h>
#include <phyr/parameters.h>
#include <phyr/stats.h>
#include <phyr/workload.h>

/**
 * struct phyr_run_item - a workload of a run and how often to sample it
 * @workload: what to measure
 * @warmup: rounds before the first sample
 * @samples: number of samples, not 0
 * @device: name of the device to use, empty for the first that is ready
 */
struct phyr_run_item {
	struct phyr_workload workload;
	unsigned int warmup;
	unsigned int samples;
	char device[PHYR_DEVICE_NAME];
};

/**
 * struct phyr_result - what became of an item
 * @status: 0 if @samples and @stats are valid, -errno if @error is;
 *	-EINPROGRESS until it has been carried out
 * @error: why there are no samples
 * @samples: the item's number of samples, in ns, in order of time
 * @stats: their summary
 * @parameters: everything that was in effect
 */
struct phyr_result {
	int status;
	struct phyr_error error;
	uint64_t *samples;
	struct phyr_stats stats;
	struct phyr_parameters parameters;
};

/**
 * struct phyr_run - items and their results
 * @n: number of both
 * @items: in the order asked for
 * @results: in the same order; valid up to @finished
 * @finished: how many results are there, counted from the first; any thread may
 *	read it while another executes the run
 * @current: which item is being carried out, while @finished is less than @n; any
 *	thread may read it, and @done
 * @done: how many samples it has
 * @stop: set by any thread to end the run early: what has not been measured
 *	by then fails with ECANCELED
 */
struct phyr_run {
	size_t n;
	struct phyr_run_item *items;
	struct phyr_result *results;
	atomic_size_t finished;
	atomic_size_t current;
	atomic_uint done;
	atomic_bool stop;

	/* private: */
	uint64_t *spare;
};

/**
 * phyr_run_create() - prepare a run, with room for all its samples
 * @items: what to measure, copied
 * @n: how many, not 0
 * @run: the run
 *
 * Return: 0, -EINVAL for no item or one of 0 samples, -ENOMEM.
 */
int phyr_run_create(const struct phyr_run_item *items, size_t n,
		    struct phyr_run **run);
void phyr_run_destroy(struct phyr_run *run);

/**
 * phyr_run_execute() - measure the items in the calling thread, in order
 * @run: a run that has not been executed
 *
 * Items that differ only in the series (reg and dereg of the same memory by the
 * same device) share one measurement, which takes place where the first of them
 * stands. Neighbouring items with the same backing and length share the memory.
 * The thread should be on one CPU, see phyr_cpu_pin(), and the only one running.
 */
void phyr_run_execute(struct phyr_run *run);

#endif
