// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <infiniband/verbs.h>

#include <phyr/clock.h>

#include "limits.h"
#include "system.h"

#define HUGEPAGES "/sys/kernel/mm/hugepages"

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
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256], model[128] = "unknown";

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "model name : %127[^\n]", model) == 1)
			break;
	}
	if (file)
		fclose(file);
	return json_pack("{s:s, s:I}", "model", model, "online",
			 (json_int_t)sysconf(_SC_NPROCESSORS_ONLN));
}

static json_t *render_clock(void)
{
	struct phyr_clock clock;

	phyr_clock_describe(&clock);
	return json_pack("{s:s, s:s}", "kind", clock.kind, "source",
			 clock.source);
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

static json_t *render_port(struct ibv_context *context, uint8_t number)
{
	struct ibv_port_attr port;

	if (ibv_query_port(context, number, &port))
		return json_null();
	return json_pack("{s:i, s:s, s:s, s:i, s:I}", "number", number, "state",
			 ibv_port_state_str(port.state), "link_layer",
			 port.link_layer == IBV_LINK_LAYER_ETHERNET
				 ? "Ethernet"
				 : "InfiniBand",
			 "mtu_bytes", 128 << port.active_mtu,
			 "max_message_bytes", (json_int_t)port.max_msg_sz);
}

static json_t *render_device(struct ibv_device *device)
{
	struct ibv_context *context = ibv_open_device(device);
	json_t *json, *ports = json_array();
	struct ibv_device_attr attr;

	json = json_pack("{s:s, s:s, s:o}", "name", ibv_get_device_name(device),
			 "transport",
			 device->transport_type == IBV_TRANSPORT_IWARP
				 ? "iWARP"
				 : "InfiniBand",
			 "ports", ports);
	if (!context)
		return json;
	if (!ibv_query_device(context, &attr)) {
		/* Some devices say ~0, which no JSON integer of ours holds. */
		json_object_set_new(
			json, "max_mr_size_bytes",
			json_integer(attr.max_mr_size > INT64_MAX
					     ? INT64_MAX
					     : (json_int_t)attr.max_mr_size));
		for (int i = 1; i <= attr.phys_port_cnt; i++)
			json_array_append_new(ports,
					      render_port(context, (uint8_t)i));
	}
	ibv_close_device(context);
	return json;
}

static json_t *render_devices(void)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	json_t *json = json_array();

	for (struct ibv_device **entry = list; entry && *entry; entry++)
		json_array_append_new(json, render_device(*entry));
	if (list)
		ibv_free_device_list(list);
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

static json_t *render_limits(void)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}",
			 "body_bytes", LIMIT_BODY_BYTES, "name_bytes",
			 LIMIT_NAME_BYTES, "workloads", LIMIT_WORKLOADS,
			 "samples", LIMIT_SAMPLES, "warmup", LIMIT_WARMUP,
			 "run_samples", LIMIT_RUN_SAMPLES, "queued_runs",
			 LIMIT_QUEUE, "ended_runs", LIMIT_HISTORY,
			 "wait_seconds", LIMIT_WAIT_SECONDS, "connections",
			 LIMIT_CONNECTIONS);
}

json_t *system_render(void)
{
	struct utsname name;

	uname(&name);
	return json_pack(
		"{s:s, s:{s:s, s:s, s:s}, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:o}",
		"phyrd", PHYR_VERSION, "kernel", "release", name.release,
		"version", name.version, "machine", name.machine,
		"command_line", read_line("/proc/cmdline"), "cpu", render_cpu(),
		"clock", render_clock(), "hugepages", render_hugepages(),
		"transparent_hugepages",
		read_line("/sys/kernel/mm/transparent_hugepage/enabled"),
		"rdma_devices", render_devices(), "memlock_bytes",
		render_memlock(), "phyr_test",
		!access("/dev/phyr_test", R_OK | W_OK), "gup_test",
		!access("/sys/kernel/debug/gup_test", R_OK | W_OK), "limits",
		render_limits());
}
