// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first half of the backing is written to the second. Every round clears
 * the destination before and compares it after, outside the timed part.
 */
#include <errno.h>
#include <string.h>

#include <phyr/device.h>
#include <phyr/mr.h>
#include <phyr/rdma.h>

#include "families.h"

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

static int measure_rounds(const struct phyr_task *task, struct phyr_rdma *rdma,
			  const struct ibv_mr *local,
			  const struct ibv_mr *remote, struct phyr_error *error)
{
	unsigned int rounds = task->warmup + task->samples;
	uint64_t ns;
	int ret;

	fill(local->addr, task->size);
	for (unsigned int i = 0; i < rounds; i++) {
		if (atomic_load_explicit(task->stop, memory_order_relaxed))
			return phyr_error_set(error, -ECANCELED, "stopped");
		memset(remote->addr, 0, task->size);
		ret = phyr_rdma_write(rdma, local, remote, task->size, &ns,
				      error);
		if (ret)
			return ret;
		if (memcmp(local->addr, remote->addr, task->size))
			return phyr_error_set(
				error, -EBADMSG,
				"RDMA write of %zu bytes completed, but other data arrived",
				task->size);
		if (i >= task->warmup)
			task->series[0][i - task->warmup] = ns;
	}
	return 0;
}

static int measure_connected(const struct phyr_task *task,
			     struct phyr_rdma *rdma, struct phyr_error *error)
{
	struct ibv_pd *pd = rdma->device->pd;
	char *source = task->backing->addr;
	struct ibv_mr *local, *remote;
	int ret;

	ret = phyr_mr_register(pd, source, task->size, &local, NULL, error);
	if (ret)
		return ret;
	ret = phyr_mr_register(pd, source + task->size, task->size, &remote,
			       NULL, error);
	if (ret)
		goto deregister_local;
	ret = measure_rounds(task, rdma, local, remote, error);
	ibv_dereg_mr(remote);
deregister_local:
	ibv_dereg_mr(local);
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
	phyr_parameters_add_text(task->parameters, "device",
				 ibv_get_device_name(device->context->device));
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

const struct phyr_family phyr_family_rdma = {
	.name = "rdma",
	.series = (const char *const[]){ "write", NULL },
	.ranges = 2,
	.uses_device = true,
	.summary =
		"RDMA write between two queue pairs of one device, from posting to completion",
	.probe = probe,
	.measure = measure,
};
