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

#include <infiniband/verbs.h>

#include <phyr/backing.h>
#include <phyr/mr.h>
#include <phyr/size.h>

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
	const char *slash = strchr(name, '/');
	struct phyr_backing *backing;
	enum phyr_backing_kind kind;
	struct phyr_error error;
	char text[32];
	size_t size;
	int ret;

	if (!slash || (size_t)(slash - name) >= sizeof(text)) {
		fprintf(stderr, "%s: want BACKING/SIZE\n", name);
		return -1;
	}
	memcpy(text, name, slash - name);
	text[slash - name] = '\0';
	if (phyr_backing_parse(text, &kind) ||
	    phyr_size_parse(slash + 1, &size)) {
		fprintf(stderr, "%s: want BACKING/SIZE\n", name);
		return -1;
	}
	if (phyr_backing_create(kind, size, &backing, &error)) {
		fprintf(stderr, "%s: %s\n", name, error.message);
		return -1;
	}
	ret = held(pd, name, backing);
	phyr_backing_destroy(backing);
	return ret;
}

static struct ibv_context *open_device(const char *name)
{
	struct ibv_context *context = NULL;
	struct ibv_device **list;

	list = ibv_get_device_list(NULL);
	if (!list)
		return NULL;
	for (size_t i = 0; list[i] && !context; i++)
		if (!strcmp(ibv_get_device_name(list[i]), name))
			context = ibv_open_device(list[i]);
	ibv_free_device_list(list);
	return context;
}

int main(int argc, char **argv)
{
	struct ibv_context *context;
	int status = EXIT_SUCCESS;
	struct ibv_pd *pd;

	if (argc < 3) {
		fprintf(stderr, "usage: phyr_held DEVICE BACKING/SIZE...\n");
		return EXIT_FAILURE;
	}
	context = open_device(argv[1]);
	pd = context ? ibv_alloc_pd(context) : NULL;
	if (!pd) {
		fprintf(stderr, "%s: cannot be opened\n", argv[1]);
		return EXIT_FAILURE;
	}
	/* Who is ended by a limit of time has said what it knows. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 2; i < argc; i++)
		if (held_by(pd, argv[i]))
			status = EXIT_FAILURE;
	ibv_dealloc_pd(pd);
	ibv_close_device(context);
	return status;
}
