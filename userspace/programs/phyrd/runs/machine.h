/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MACHINE_H
#define MACHINE_H

#include "limits.h"

/**
 * struct machine - what is recorded with every run that is measured here
 * @kernel: release
 * @clock: kind of clock
 * @context: the rest, a JSON object
 */
struct machine {
	char kernel[LIMIT_NAME_BYTES + 1];
	char clock[32];
	char context[1024];
};

void machine_describe(struct machine *machine);

/**
 * machine_cpu_model() - the CPU's name, or "unknown"
 */
void machine_cpu_model(char model[128]);

#endif
