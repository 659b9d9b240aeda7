/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_DEVICE_H
#define PHYR_DEVICE_H

#include <stdint.h>
#include <infiniband/verbs.h>

#include <phyr/error.h>

/* Room for the name of any device, be it a path, with its NUL. */
#define PHYR_DEVICE_NAME 256

/**
 * struct phyr_device - an open RDMA device with a protection domain
 * @context: libibverbs context
 * @pd: protection domain of everything that is registered
 * @attr: the device's limits
 * @name: as it was asked for, else the device's name
 * @port: number of the port that was asked for, else of the first active one
 * @port_attr: that port
 * @gid_index: GID of the port for address handles: the one that was asked for;
 *	else on RoCE the first IPv4-mapped RoCE v2 one, else the first RoCE v2
 *	one; -1 if the port has none of them
 * @gid: that GID
 */
struct phyr_device {
	struct ibv_context *context;
	struct ibv_pd *pd;
	struct ibv_device_attr attr;
	char name[PHYR_DEVICE_NAME];
	uint8_t port;
	struct ibv_port_attr port_attr;
	int gid_index;
	union ibv_gid gid;
};

/**
 * phyr_device_check() - is there an RDMA device of that name?
 * @name: as for phyr_device_open()
 * @error: lists the devices there are; or NULL
 *
 * Return: 0 or -ENODEV, also if it has no such port, or the port no such GID.
 */
int phyr_device_check(const char *name, struct phyr_error *error);

/**
 * phyr_device_open() - open an RDMA device
 * @name: its name, alone or followed by a port and the index of a GID of that
 *	port: "rxe0", "rxe0:1", "rxe0:1:3"; or NULL for the first device that
 *	has an active port
 * @device: the device
 * @error: filled on failure, or NULL
 *
 * Return: 0, -ENODEV if there is no such device, port or GID, or the port is not
 * active, or what libibverbs failed with.
 */
int phyr_device_open(const char *name, struct phyr_device **device,
		     struct phyr_error *error);
void phyr_device_close(struct phyr_device *device);

#endif
