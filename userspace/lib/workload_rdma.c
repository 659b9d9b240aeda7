// SPDX-License-Identifier: GPL-2.0-only
/*
 * The family rdma: writing through an RDMA connection.
 *
 * The first half of the backing is written to the second. Every round clears
 * the destination before and compares it after, outside the timed part.
 */
#include <errno.h>
#include <string.h>

#include <phyr/device.h>
#include <phyr/mr.h>
#include <phyr/rdma.h>

#include "families.h"
#include "rdma_devices.h"
#include "rounds.h"

static int probe(const char *name, struct phyr_error *error)
{
	struct phyr_device *device;
	struct phyr_rdma *rdma;
	int ret;

	ret = phyr_device_open(name, &device, error);
	if (ret)
		return ret;
	ret = phyr_rdma_create(device, &rdma, error);
	if (!ret)
		phyr_rdma_destroy(rdma);
	phyr_device_close(device);
	return ret;
}

/* Every word differs from its neighbours and says where it belongs. */
static void fill(uint64_t *words, size_t bytes)
{
	for (size_t i = 0; i < bytes / sizeof(*words); i++)
		words[i] = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

struct path {
	struct phyr_rdma *rdma;
	struct ibv_mr *local;
	struct ibv_mr *remote;
};

static int write_and_compare(const struct phyr_task *task, void *subject,
			     uint64_t ns[PHYR_SERIES_MAX],
			     struct phyr_error *error)
{
	const struct path *path = subject;
	int ret;

	memset(path->remote->addr, 0, task->size);
	ret = phyr_rdma_write(path->rdma, path->local, path->remote, task->size,
			      &ns[0], error);
	if (ret)
		return ret;
	if (memcmp(path->local->addr, path->remote->addr, task->size))
		return phyr_error_set(
			error, -EBADMSG,
			"RDMA write of %zu bytes completed, but other data arrived",
			task->size);
	return 0;
}

static int measure_connected(const struct phyr_task *task,
			     struct phyr_rdma *rdma, struct phyr_error *error)
{
	struct ibv_pd *pd = rdma->device->pd;
	char *source = task->backing->addr;
	struct path path = { .rdma = rdma };
	int ret;

	ret = phyr_mr_register(pd, source, task->size, &path.local, NULL,
			       error);
	if (ret)
		return ret;
	ret = phyr_mr_register(pd, source + task->size, task->size,
			       &path.remote, NULL, error);
	if (ret)
		goto deregister_local;
	fill(path.local->addr, task->size);
	ret = rounds_measure(task, &family_rdma, write_and_compare, &path,
			     error);
	ibv_dereg_mr(path.remote);
deregister_local:
	ibv_dereg_mr(path.local);
	return ret;
}

static int measure(const struct phyr_task *task, struct phyr_error *error)
{
	struct phyr_device *device;
	struct phyr_rdma *rdma;
	int ret;

	ret = phyr_device_open(task->device, &device, error);
	if (ret)
		return ret;
	ret = phyr_rdma_create(device, &rdma, error);
	if (ret)
		goto close;
	phyr_parameters_add_text(task->parameters, "device", device->name);
	phyr_parameters_add_number(task->parameters, "port", device->port);
	if (device->gid_index >= 0)
		phyr_parameters_add_number(task->parameters, "gid_index",
					   device->gid_index);
	phyr_parameters_add_number(task->parameters, "mtu_bytes",
				   128 << device->port_attr.active_mtu);
	phyr_parameters_add_text(task->parameters, "completion",
				 rdma->wait == PHYR_RDMA_POLL ? "poll"
							      : "event");
	ret = measure_connected(task, rdma, error);
	phyr_rdma_destroy(rdma);
close:
	phyr_device_close(device);
	return ret;
}

const struct phyr_family family_rdma = {
	.name = "rdma",
	.series = (const char *const[]){ "write", NULL },
	.ranges = 2,
	.device = &rdma_devices,
	.summary =
		"RDMA write between two queue pairs of one device, from posting to completion",
	.probe = probe,
	.measure = measure,
};
