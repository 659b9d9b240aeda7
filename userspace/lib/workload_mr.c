// SPDX-License-Identifier: GPL-2.0-only
/* The family mr: registering memory with an RDMA device. */
#include <phyr/device.h>
#include <phyr/mr.h>

#include "families.h"
#include "rdma_devices.h"
#include "rounds.h"

#define SETTLING_REGIONS 128

enum {
	SERIES_REG,
	SERIES_DEREG,
	SERIES_REG_RO
};

enum {
	ROUNDS_WRITE,
	ROUNDS_READ
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

static int reg_and_dereg(const struct phyr_task *task, void *subject,
			 uint64_t ns[PHYR_SERIES_MAX], struct phyr_error *error)
{
	struct ibv_pd *pd = subject;
	struct ibv_mr *mr;
	int ret;

	ret = phyr_mr_register(pd, task->backing->addr, task->size, &mr,
			       &ns[SERIES_REG], error);
	return ret ? ret : phyr_mr_deregister(mr, &ns[SERIES_DEREG], error);
}

static int reg_ro(const struct phyr_task *task, void *subject,
		  uint64_t ns[PHYR_SERIES_MAX], struct phyr_error *error)
{
	struct ibv_pd *pd = subject;
	struct ibv_mr *mr;
	int ret;

	ret = phyr_mr_register_read_only(pd, task->backing->addr, task->size,
					 &mr, &ns[SERIES_REG_RO], error);
	return ret ? ret : phyr_mr_deregister(mr, NULL, error);
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
		ret = phyr_mr_register_read_only(pd, task->backing->addr, 1,
						 &mr, NULL, error);
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
	phyr_parameters_add_text(task->parameters, "device", device->name);
	ret = settle(task, device->pd, error);
	if (!ret)
		ret = rounds_measure(
			task, &family_mr,
			task->rounds == ROUNDS_READ ? reg_ro : reg_and_dereg,
			device->pd, error);
	phyr_device_close(device);
	return ret;
}

const struct phyr_family family_mr = {
	.name = "mr",
	.series =
		(const char *const[]){
			[SERIES_REG] = "reg",
			[SERIES_DEREG] = "dereg",
			[SERIES_REG_RO] = "reg-ro",
			NULL,
		},
	.rounds =
		(const struct phyr_rounds[]){
			[ROUNDS_WRITE] = { .series = 2 },
			[ROUNDS_READ] = { .series = 1, .read_only = true },
			{ 0 },
		},
	.ranges = 1,
	.device = &rdma_devices,
	.summary =
		"registering or deregistering a memory region with an RDMA device (ibv_reg_mr, ibv_dereg_mr); -ro: shared memory, for the device to read",
	.probe = probe,
	.measure = measure,
};
