// SPDX-License-Identifier: GPL-2.0-only
/* The machine, its kernel and what bears on measuring. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#define bit_HYPERVISOR (1u << 31)
#endif
#include <infiniband/verbs.h>
#include <microhttpd.h>

#include <phyr/clock.h>

#include "limits.h"
#include "machine.h"
#include "privileges.h"
#include "rdma_devices.h"
#include "resources.h"
#include "store.h"
#include "system.h"

#define HUGEPAGES "/sys/kernel/mm/hugepages"
#define PRINTABLE                                                         \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 " \
	"-_."

/*
 * Either variable makes libibverbs mark every region MADV_DONTFORK inside
 * ibv_reg_mr(), which would be measured.
 */
static const char *const fork_safety[] = { "RDMAV_FORK_SAFE", "IBV_FORK_SAFE" };

static bool fork_safety_was_set[2];

/* The first line of a file, without its end; null if it cannot be read. */
static json_t *read_line(const char *path)
{
	FILE *file = fopen(path, "re");
	json_t *json = NULL;
	char line[4096];

	if (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		json = json_string(line);
	}
	if (file)
		fclose(file);
	return json ? json : json_null();
}

static json_t *render_cpu(void)
{
	char model[128];

	machine_cpu_model(model);
	return json_pack("{s:s, s:I}", "model", model, "online",
			 (json_int_t)sysconf(_SC_NPROCESSORS_ONLN));
}

/*
 * What runs this machine: the signature of the hypervisor, which only CPUs
 * under one have.
 */
static json_t *render_accelerator(void)
{
#if defined(__x86_64__)
	unsigned int a, b, c, d, signature[3];
	char text[13] = "";

	if (!__get_cpuid(1, &a, &b, &c, &d))
		return json_string("unknown");
	if (!(c & bit_HYPERVISOR))
		return json_string("none");
	__cpuid(0x40000000, a, signature[0], signature[1], signature[2]);
	memcpy(text, signature, 12);
	if (!strcmp(text, "KVMKVMKVM"))
		return json_string("kvm");
	if (!strcmp(text, "TCGTCGTCGTCG"))
		return json_string("tcg");
	return json_string_nocheck(
		*text && strspn(text, PRINTABLE) == strlen(text) ? text
								 : "unknown");
#else
	return json_string("unknown");
#endif
}

/* Equal for equal configurations: both files are made without a date. */
static json_t *render_config(void)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	char path[200] = "/proc/config.gz";
	struct utsname name;
	json_t *json;
	FILE *file;
	int byte;

	file = fopen(path, "re");
	if (!file) {
		uname(&name);
		snprintf(path, sizeof(path), "/boot/config-%s", name.release);
		file = fopen(path, "re");
	}
	if (!file)
		return json_null();
	while ((byte = getc(file)) != EOF)
		hash = (hash ^ (uint64_t)byte) * UINT64_C(0x100000001b3);
	fclose(file);
	json = json_pack("{s:s, s:o}", "file", path, "fnv1a64",
			 json_sprintf("%016llx", (unsigned long long)hash));
	return json;
}

static json_t *render_clock(void)
{
	struct phyr_clock clock;

	phyr_clock_describe(&clock);
	return json_pack("{s:s, s:s, s:I}", "kind", clock.kind, "source",
			 clock.source, "overhead_ns",
			 (json_int_t)phyr_clock_overhead_ns());
}

static long long pool_value(const char *pool, const char *file)
{
	long long value = 0;
	char path[512];
	FILE *stream;

	snprintf(path, sizeof(path), HUGEPAGES "/%s/%s", pool, file);
	stream = fopen(path, "re");
	if (stream) {
		if (fscanf(stream, "%lld", &value) != 1)
			value = 0;
		fclose(stream);
	}
	return value;
}

static json_t *render_hugepages(void)
{
	json_t *json = json_array();
	DIR *dir = opendir(HUGEPAGES);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const char *pool = entry->d_name;
		long long kib;

		if (sscanf(pool, "hugepages-%lldkB", &kib) != 1)
			continue;
		json_array_append_new(
			json,
			json_pack("{s:I, s:I, s:I, s:I}", "page_size_bytes",
				  (json_int_t)kib * 1024, "total",
				  (json_int_t)pool_value(pool, "nr_hugepages"),
				  "free",
				  (json_int_t)pool_value(pool,
							 "free_hugepages"),
				  "reserved",
				  (json_int_t)pool_value(pool,
							 "resv_hugepages")));
	}
	if (dir)
		closedir(dir);
	return json;
}

/* RLIMIT_MEMLOCK in bytes; null: unlimited. */
static json_t *render_memlock(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur > INT64_MAX)
		return json_null();
	return json_integer((json_int_t)limit.rlim_cur);
}

static json_t *render_fork_safety(void)
{
	json_t *environment = json_array();

	for (int i = 0; i < 2; i++) {
		if (fork_safety_was_set[i])
			json_array_append_new(environment,
					      json_string(fork_safety[i]));
	}
	return json_pack("{s:o, s:b}", "environment", environment, "in_effect",
			 ibv_is_fork_initialized() == IBV_FORK_ENABLED);
}

void system_drop_fork_safety(void)
{
	for (int i = 0; i < 2; i++) {
		fork_safety_was_set[i] = getenv(fork_safety[i]);
		unsetenv(fork_safety[i]);
	}
}

static json_t *render_limits(unsigned int history)
{
	const struct {
		const char *name;
		json_int_t value;
	} limits[] = {
		{ "body_bytes", LIMIT_BODY_BYTES },
		{ "import_bytes", LIMIT_IMPORT_BYTES },
		{ "import_part_bytes", LIMIT_PART_BYTES },
		{ "bodies_bytes", LIMIT_BODIES_BYTES },
		{ "name_bytes", LIMIT_NAME_BYTES },
		{ "imported_workload_bytes", LIMIT_WORKLOAD_BYTES },
		{ "tags", LIMIT_TAGS },
		{ "tag_bytes", LIMIT_TAG_BYTES },
		{ "notes_bytes", LIMIT_NOTES_BYTES },
		{ "gids", LIMIT_GIDS },
		{ "figures", LIMIT_FIGURES },
		{ "figure_runs", LIMIT_FIGURE_RUNS },
		{ "search_words", LIMIT_SEARCH_WORDS },
		{ "workloads", LIMIT_WORKLOADS },
		{ "samples", LIMIT_SAMPLES },
		{ "warmup", LIMIT_WARMUP },
		{ "run_samples", LIMIT_RUN_SAMPLES },
		{ "queued_runs", LIMIT_QUEUE },
		{ "ended_runs", history },
		{ "listed_runs", LIMIT_PAGE },
		{ "wait_seconds", LIMIT_WAIT_SECONDS },
		{ "connections", LIMIT_CONNECTIONS },
		{ "local_connections", LIMIT_LOCAL_CONNECTIONS },
		{ "waiting_clients", LIMIT_WAITING },
		{ "idle_seconds", LIMIT_IDLE_SECONDS },
		{ "body_seconds", LIMIT_BODY_SECONDS },
		{ "hurry_seconds", LIMIT_HURRY_SECONDS },
		{ "body_hurry_seconds", LIMIT_BODY_HURRY_SECONDS },
	};
	json_t *json = json_object();

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		json_object_set_new(json, limits[i].name,
				    json_integer(limits[i].value));
	return json;
}

static json_t *render(unsigned int history)
{
	struct utsname name;

	uname(&name);
	return json_pack(
		"{s:s, s:{s:s, s:s, s:s}, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:o}",
		"phyrd", PHYR_VERSION, "kernel", "release", name.release,
		"version", name.version, "machine", name.machine,
		"command_line", read_line("/proc/cmdline"), "config",
		render_config(), "cpu", render_cpu(), "accelerator",
		render_accelerator(), "clock", render_clock(), "hugepages",
		render_hugepages(), "transparent_hugepages",
		read_line("/sys/kernel/mm/transparent_hugepage/enabled"),
		"rdma_devices", rdma_devices_render(), "memlock_bytes",
		render_memlock(), "fork_safety", render_fork_safety(),
		"privileges", privileges_render(), "phyr_test",
		!access("/dev/phyr_test", R_OK | W_OK), "gup_test",
		!access("/sys/kernel/debug/gup_test", R_OK | W_OK), "limits",
		render_limits(history));
}

void system_get(const struct http_request *request, struct http_reply *reply)
{
	reply_json(reply, MHD_HTTP_OK, render(store_history(request->context)));
}
