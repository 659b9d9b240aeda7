// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include <phyr/device.h>
#include <phyr/mr.h>

#include "families.h"

#define SETTLING_REGIONS 128

enum {
	SERIES_REG,
	SERIES_DEREG
};

static int probe(const char *name, struct phyr_error *error)
{
	struct phyr_device *device;
	int ret;

	ret = phyr_device_open(name, &device, error);
	if (!ret)
		phyr_device_close(device);
	return ret;
}

static int measure_rounds(const struct phyr_task *task, struct ibv_pd *pd,
			  struct phyr_error *error)
{
	unsigned int rounds = task->warmup + task->samples;
	uint64_t reg_ns, dereg_ns;
	struct ibv_mr *mr;
	int ret;

	for (unsigned int i = 0; i < rounds; i++) {
		if (atomic_load_explicit(task->stop, memory_order_relaxed))
			return phyr_error_set(error, -ECANCELED, "stopped");
		ret = phyr_mr_register(pd, task->backing->addr, task->size, &mr,
				       &reg_ns, error);
		if (ret)
			return ret;
		ret = phyr_mr_deregister(mr, &dereg_ns, error);
		if (ret)
			return ret;
		if (i < task->warmup)
			continue;
		task->series[SERIES_REG][i - task->warmup] = reg_ns;
		task->series[SERIES_DEREG][i - task->warmup] = dereg_ns;
	}
	return 0;
}

/*
 * Devices number regions upwards, and the table of numbers costs less while
 * they are small: rxe's first 64 take some 600 instructions less. Leave that
 * behind, so that the order of the workloads does not matter.
 */
static int settle(const struct phyr_task *task, struct ibv_pd *pd,
		  struct phyr_error *error)
{
	struct ibv_mr *mr;
	int ret = 0;

	for (int i = 0; i < SETTLING_REGIONS && !ret; i++) {
		ret = phyr_mr_register(pd, task->backing->addr, 1, &mr, NULL,
				       error);
		if (!ret)
			ret = phyr_mr_deregister(mr, NULL, error);
	}
	return ret;
}

static int measure(const struct phyr_task *task, struct phyr_error *error)
{
	struct phyr_device *device;
	int ret;

	ret = phyr_device_open(task->device, &device, error);
	if (ret)
		return ret;
	phyr_parameters_add_text(task->parameters, "device",
				 ibv_get_device_name(device->context->device));
	ret = settle(task, device->pd, error);
	if (!ret)
		ret = measure_rounds(task, device->pd, error);
	phyr_device_close(device);
	return ret;
}

const struct phyr_family phyr_family_mr = {
	.name = "mr",
	.series =
		(const char *const[]){
			[SERIES_REG] = "reg",
			[SERIES_DEREG] = "dereg",
			NULL,
		},
	.ranges = 1,
	.uses_device = true,
	.summary =
		"registering or deregistering a memory region with an RDMA device (ibv_reg_mr, ibv_dereg_mr)",
	.probe = probe,
	.measure = measure,
};
