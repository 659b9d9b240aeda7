/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FIGURES_H
#define FIGURES_H

#include <stdbool.h>
#include <stddef.h>

#include "store.h"

/**
 * struct figure - the newest result of a workload
 * @labels: what it is of, as Prometheus has it: name="value" and so on, with
 *	commas between them
 * @measured: it was; else there is no figure
 * @timed: there are a median and its 95 % confidence interval
 * @instructions: these count instructions, else they are seconds
 * @median: of the samples
 * @low: of the interval
 * @high: of the interval
 * @samples: how many
 * @ended: when the run ended, in seconds since 1970
 */
struct figure {
	char *labels;
	bool measured;
	bool timed;
	bool instructions;
	double median;
	double low;
	double high;
	size_t samples;
	double ended;
};

/**
 * struct figures - the newest results of the newest runs that have ended
 * @all: no two are of the same workload, device, kernel, clock and source
 * @n: how many, LIMIT_FIGURES at most
 */
struct figures {
	struct figure *all;
	size_t n;
};

/**
 * figures_hold() - what there is now; nobody else has it until figures_release()
 *
 * Runs are read only if something was stored since the last call.
 */
const struct figures *figures_hold(struct store *store);
void figures_release(void);

#endif
