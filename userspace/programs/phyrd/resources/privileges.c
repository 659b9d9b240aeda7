// SPDX-License-Identifier: GPL-2.0-only
/* Which privileges phyrd lacks, and what it cannot measure without them. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include <linux/capability.h>

#include "privileges.h"

/* What is not listed here works without privileges. */
static const struct {
	int number;
	const char *name;
	const char *without_it;
} capabilities[] = {
	{ CAP_IPC_LOCK, "CAP_IPC_LOCK",
	  "no more memory than RLIMIT_MEMLOCK can be registered or pinned" },
	{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN",
	  "gup workloads (/dev/phyr_test) cannot be measured; physical addresses are hidden, so how scattered base memory is (pages_apart_percent) is not known" },
	{ CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE",
	  "gup_test workloads, unless debugfs and its gup_test may be used by this user" },
};

static uint64_t effective(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	unsigned long long set = 0;
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "CapEff: %llx", &set) == 1)
			break;
	}
	if (file)
		fclose(file);
	return set;
}

json_t *privileges_render(void)
{
	json_t *missing = json_array();
	uint64_t set = effective();

	for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]);
	     i++) {
		if (set & UINT64_C(1) << capabilities[i].number)
			continue;
		json_array_append_new(
			missing,
			json_pack("{s:s, s:s}", "name", capabilities[i].name,
				  "without_it", capabilities[i].without_it));
	}
	return json_pack("{s:I, s:o}", "uid", (json_int_t)geteuid(),
			 "missing_capabilities", missing);
}
