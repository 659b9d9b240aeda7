// SPDX-License-Identifier: GPL-2.0-only
/* phyrctl system: the machine, and what it can measure. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "table.h"
#include "text.h"

static void add_hugepages(struct table *table, const json_t *pools)
{
	json_t *pool;
	size_t i;

	json_array_foreach(pools, i, pool)
	{
		char line[128];
		json_int_t size, total, free_, reserved;

		size = json_integer_value(
			json_object_get(pool, "page_size_bytes"));
		total = json_integer_value(json_object_get(pool, "total"));
		free_ = json_integer_value(json_object_get(pool, "free"));
		reserved =
			json_integer_value(json_object_get(pool, "reserved"));
		snprintf(line, sizeof(line),
			 "%lld KiB: %lld of %lld free, %lld of them reserved",
			 (long long)size / 1024, (long long)free_,
			 (long long)total, (long long)reserved);
		table_row(table, "hugepages", line);
	}
}

/* Each as it is given to --device. */
static void add_gids(struct table *table, const json_t *device,
		     const json_t *port)
{
	json_t *gid;
	size_t i;

	json_array_foreach(json_object_get(port, "gids"), i, gid)
	{
		char line[256];

		snprintf(line, sizeof(line), "%s:%lld:%lld, %s, %s",
			 text_of(device, "name"),
			 (long long)json_integer_value(
				 json_object_get(port, "number")),
			 (long long)json_integer_value(
				 json_object_get(gid, "index")),
			 text_of(gid, "gid"), text_of(gid, "type"));
		table_row(table, "RDMA GID", line);
	}
}

static void add_devices(struct table *table, const json_t *devices)
{
	json_t *device;
	size_t i, j;

	if (!json_array_size(devices))
		table_row(table, "RDMA device", "none");
	json_array_foreach(devices, i, device)
	{
		json_t *port;
		char line[256];
		int used;

		used = snprintf(line, sizeof(line), "%s, %s",
				text_of(device, "name"),
				text_of(device, "transport"));
		json_array_foreach(json_object_get(device, "ports"), j, port)
		{
			if (used < 0 || (size_t)used >= sizeof(line))
				break;
			used += snprintf(line + used,
					 sizeof(line) - (size_t)used,
					 ", port %zu %s", j + 1,
					 text_of(port, "state"));
		}
		table_row(table, "RDMA device", line);
		json_array_foreach(json_object_get(device, "ports"), j, port)
			add_gids(table, device, port);
	}
}

static void add_capabilities(struct table *table, const json_t *privileges)
{
	const json_t *capability;
	char line[256];
	size_t i;

	json_array_foreach(json_object_get(privileges, "missing_capabilities"),
			   i, capability)
	{
		snprintf(line, sizeof(line), "%s: %s",
			 text_of(capability, "name"),
			 text_of(capability, "without_it"));
		table_row(table, "missing", line);
	}
}

static void print_system(const json_t *system)
{
	const json_t *kernel = json_object_get(system, "kernel");
	const json_t *clock = json_object_get(system, "clock");
	const json_t *cpu = json_object_get(system, "cpu");
	const json_t *memlock = json_object_get(system, "memlock_bytes");
	struct table *table = table_create("ll");
	char line[256], overhead[TEXT_TIME];

	table_row(table, "phyrd", text_of(system, "phyrd"));
	table_row(table, "kernel", text_of(kernel, "release"));
	table_row(table, "command line", text_of(system, "command_line"));
	snprintf(line, sizeof(line), "%lld x %s",
		 (long long)json_integer_value(json_object_get(cpu, "online")),
		 text_of(cpu, "model"));
	table_row(table, "CPU", line);
	table_row(table, "accelerator", text_of(system, "accelerator"));
	text_duration(json_object_get(clock, "overhead_ns"), "ns", overhead);
	snprintf(line, sizeof(line), "%s (%s); a sample of nothing: %s",
		 text_of(clock, "kind"), text_of(clock, "source"), overhead);
	table_row(table, "clock", line);
	add_hugepages(table, json_object_get(system, "hugepages"));
	table_row(table, "THP", text_of(system, "transparent_hugepages"));
	add_devices(table, json_object_get(system, "rdma_devices"));
	if (json_is_integer(memlock))
		snprintf(line, sizeof(line), "%lld bytes",
			 (long long)json_integer_value(memlock));
	else
		strcpy(line, "unlimited");
	table_row(table, "RLIMIT_MEMLOCK", line);
	add_capabilities(table, json_object_get(system, "privileges"));
	table_print(table);
}

static void print_workloads(const json_t *workloads)
{
	struct table *table = table_create("lll");
	json_t *workload;
	size_t i;

	table_row(table, "WORKLOAD", "HERE", "");
	json_array_foreach(workloads, i, workload)
	{
		bool here =
			json_is_true(json_object_get(workload, "available"));

		table_row(table, text_of(workload, "pattern"),
			  here ? "yes" : "no",
			  text_of(workload, here ? "summary" : "reason"));
	}
	putchar('\n');
	table_print(table);
}

enum status command_system(struct client *client, const struct options *options,
			   char **operands, int n)
{
	struct answer system, workloads;
	enum status status;

	(void)operands;
	(void)n;
	status = client_get(client, "/api/v1/system", &system);
	if (!status)
		status = answer_check(&system, "{s:{s:s}, s:{}, s:{}}",
				      "kernel", "release", "clock", "cpu");
	if (status)
		return status;
	status = client_get(client, "/api/v1/workloads", &workloads);
	if (!status)
		status = answer_check(&workloads, "{s:[]}", "workloads");
	if (status)
		goto destroy;
	if (options->json) {
		printf("{\"system\":%s,\"workloads\":%s}\n", system.text,
		       workloads.text);
	} else {
		print_system(system.json);
		print_workloads(json_object_get(workloads.json, "workloads"));
	}
	answer_destroy(&workloads);
destroy:
	answer_destroy(&system);
	return status;
}
