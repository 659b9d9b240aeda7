// SPDX-License-Identifier: GPL-2.0-only
/*
 * phyr_held DEVICE BACKING/SIZE...: by how much /proc/meminfo moves while an MR
 * is registered, in KiB; a line "BACKING/SIZE: NAME KIB..." for each.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <phyr/backing.h>
#include <phyr/device.h>
#include <phyr/mr.h>
#include <phyr/workload.h>

static const char *const names[] = { "Slab", "VmallocUsed", "MemFree" };
#define NAMES (sizeof(names) / sizeof(names[0]))

struct usage {
	int64_t kib[NAMES];
};

static int usage_read(struct usage *usage)
{
	char line[128], name[64];
	FILE *file;
	int64_t kib;

	file = fopen("/proc/meminfo", "r");
	if (!file)
		return -1;
	memset(usage, 0, sizeof(*usage));
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63[^:]: %" SCNd64, name, &kib) != 2)
			continue;
		for (size_t i = 0; i < NAMES; i++)
			if (!strcmp(name, names[i]))
				usage->kib[i] = kib;
	}
	fclose(file);
	return 0;
}

/* Of two rounds the second counts: what the kernel keeps for the next is there. */
static int held(struct ibv_pd *pd, const char *name,
		const struct phyr_backing *backing)
{
	struct usage before, during;
	struct phyr_error error;
	struct ibv_mr *mr;

	for (int round = 0; round < 2; round++) {
		if (usage_read(&before))
			return -1;
		if (phyr_mr_register(pd, backing->addr, backing->len, &mr, NULL,
				     &error)) {
			fprintf(stderr, "%s: %s\n", name, error.message);
			return -1;
		}
		if (usage_read(&during))
			return -1;
		if (phyr_mr_deregister(mr, NULL, &error)) {
			fprintf(stderr, "%s: %s\n", name, error.message);
			return -1;
		}
	}
	printf("%s:", name);
	for (size_t i = 0; i < NAMES; i++)
		printf(" %s %" PRId64, names[i], during.kib[i] - before.kib[i]);
	printf("\n");
	return 0;
}

static int held_by(struct ibv_pd *pd, const char *name)
{
	char registered[PHYR_WORKLOAD_NAME];
	struct phyr_workload workload;
	struct phyr_backing *backing;
	struct phyr_error error;
	int ret;

	snprintf(registered, sizeof(registered), "mr/reg/%s", name);
	if (phyr_workload_parse(registered, &workload, &error) ||
	    phyr_backing_create(workload.backing, workload.size, &backing,
				&error)) {
		fprintf(stderr, "%s: %s\n", name, error.message);
		return -1;
	}
	ret = held(pd, name, backing);
	phyr_backing_destroy(backing);
	return ret;
}

int main(int argc, char **argv)
{
	struct phyr_device *device;
	struct phyr_error error;
	int status = EXIT_SUCCESS;

	if (argc < 3) {
		fprintf(stderr, "usage: phyr_held DEVICE BACKING/SIZE...\n");
		return EXIT_FAILURE;
	}
	if (phyr_device_open(argv[1], &device, &error)) {
		fprintf(stderr, "%s\n", error.message);
		return EXIT_FAILURE;
	}
	/* Who is ended by a limit of time has said what it knows. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 2; i < argc; i++)
		if (held_by(device->pd, argv[i]))
			status = EXIT_FAILURE;
	phyr_device_close(device);
	return status;
}
