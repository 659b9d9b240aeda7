// SPDX-License-Identifier: GPL-2.0-only
/* Describes the machine that a run is measured on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <jansson.h>

#include <phyr/clock.h>

#include "machine.h"

void machine_cpu_model(char model[128])
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256];

	strcpy(model, "unknown");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "model name : %127[^\n]", model) == 1)
			break;
	}
	if (file)
		fclose(file);
}

void machine_describe(struct machine *machine)
{
	struct phyr_clock clock;
	struct utsname name;
	char model[128];
	json_t *json;
	size_t len;

	uname(&name);
	machine_cpu_model(model);
	phyr_clock_describe(&clock);
	snprintf(machine->kernel, sizeof(machine->kernel), "%s", name.release);
	snprintf(machine->clock, sizeof(machine->clock), "%s", clock.kind);

	json = json_pack("{s:s, s:s, s:I, s:s, s:s}", "host_name",
			 name.nodename, "cpu", model, "num_cpus",
			 (json_int_t)sysconf(_SC_NPROCESSORS_ONLN),
			 "kernel_version", name.version, "phyrd", PHYR_VERSION);
	len = json_dumpb(json, machine->context, sizeof(machine->context) - 1,
			 JSON_COMPACT);
	/* The machine's names are too long or not UTF-8: leave them out. */
	if (!len || len >= sizeof(machine->context))
		len = (size_t)sprintf(machine->context, "{}");
	machine->context[len] = '\0';
	json_decref(json);
}
