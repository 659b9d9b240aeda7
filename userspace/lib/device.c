// SPDX-License-Identifier: GPL-2.0-only
/* Opens an RDMA device that is ready for use. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <phyr/device.h>

#include "device_name.h"

static bool is_active(struct phyr_device *device, int port)
{
	device->port = (uint8_t)port;
	return !ibv_query_port(device->context, device->port,
			       &device->port_attr) &&
	       device->port_attr.state == IBV_PORT_ACTIVE;
}

static int find_port(struct phyr_device *device, const struct device_name *name,
		     struct phyr_error *error)
{
	if (name->port && is_active(device, name->port))
		return 0;
	if (name->port)
		return phyr_error_set(
			error, -ENODEV,
			"port %d of RDMA device %.63s is not active; bring its link up, for soft-RoCE: ip link set IFACE up",
			name->port, name->device);
	for (int port = 1; port <= device->attr.phys_port_cnt; port++) {
		if (is_active(device, port))
			return 0;
	}
	return phyr_error_set(
		error, -ENODEV,
		"RDMA device %.63s has no active port; bring its link up, for soft-RoCE: ip link set IFACE up",
		name->device);
}

static bool is_ipv4_mapped(const union ibv_gid *gid)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(gid->raw, prefix, sizeof(prefix));
}

static void find_gid(struct phyr_device *device)
{
	device->gid_index = -1;
	for (int i = 0; i < device->port_attr.gid_tbl_len; i++) {
		struct ibv_gid_entry entry;

		if (ibv_query_gid_ex(device->context, device->port, (uint32_t)i,
				     &entry, 0) ||
		    entry.gid_type != IBV_GID_TYPE_ROCE_V2)
			continue;
		if (device->gid_index < 0 || is_ipv4_mapped(&entry.gid)) {
			device->gid_index = i;
			device->gid = entry.gid;
		}
		if (is_ipv4_mapped(&entry.gid))
			return;
	}
}

/* Is there what a name asks for, be it ready or not? */
static int check_place(struct ibv_context *context,
		       const struct ibv_device_attr *attr,
		       const struct device_name *name, union ibv_gid *gid,
		       struct phyr_error *error)
{
	struct ibv_gid_entry entry;

	if (name->port > attr->phys_port_cnt)
		return phyr_error_set(
			error, -ENODEV,
			"RDMA device %.63s has no port %d: they are counted from 1, and it has %d",
			name->device, name->port, attr->phys_port_cnt);
	if (name->gid_index < 0)
		return 0;
	if (ibv_query_gid_ex(context, (uint32_t)name->port,
			     (uint32_t)name->gid_index, &entry, 0))
		return phyr_error_set(
			error, -ENODEV,
			"port %d of RDMA device %.63s has no GID of index %d",
			name->port, name->device, name->gid_index);
	*gid = entry.gid;
	return 0;
}

/* @text: how the caller calls it, @name: the same, taken apart */
static int open_one(struct ibv_device *verbs_device, const char *text,
		    const struct device_name *name, struct phyr_device **device,
		    struct phyr_error *error)
{
	struct phyr_device *dev = calloc(1, sizeof(*dev));
	int ret;

	if (!dev)
		return phyr_error_set(error, -ENOMEM, "out of memory");

	errno = 0;
	dev->context = ibv_open_device(verbs_device);
	if (!dev->context) {
		ret = phyr_error_set(error, errno ? -errno : -EIO,
				     "ibv_open_device(%s): %s", name->device,
				     errno ? strerror(errno) : "no errno");
		goto close;
	}
	ret = ibv_query_device(dev->context, &dev->attr);
	if (ret) {
		ret = phyr_error_set(error, -ret, "ibv_query_device(%s): %s",
				     name->device, strerror(ret));
		goto close;
	}
	ret = check_place(dev->context, &dev->attr, name, &dev->gid, error);
	if (!ret)
		ret = find_port(dev, name, error);
	if (ret)
		goto close;
	dev->gid_index = name->gid_index;
	if (dev->gid_index < 0)
		find_gid(dev);
	dev->pd = ibv_alloc_pd(dev->context);
	if (!dev->pd) {
		ret = phyr_error_set(error, -errno, "ibv_alloc_pd(%s): %s",
				     name->device, strerror(errno));
		goto close;
	}
	snprintf(dev->name, sizeof(dev->name), "%s", text);
	*device = dev;
	return 0;

close:
	phyr_device_close(dev);
	return ret;
}

static int refuse_name(struct ibv_device *const *list, const char *name,
		       struct phyr_error *error)
{
	char known[200] = "none";
	size_t used = 0;

	for (; list && *list && used < sizeof(known); list++)
		used += (size_t)snprintf(known + used, sizeof(known) - used,
					 "%s%s", used ? ", " : "",
					 ibv_get_device_name(*list));
	return phyr_error_set(error, -ENODEV,
			      "no RDMA device \"%.63s\"; there are: %s", name,
			      known);
}

static struct ibv_device *find_device(struct ibv_device *const *list,
				      const char *name)
{
	while (list && *list && strcmp(name, ibv_get_device_name(*list)))
		list++;
	return list ? *list : NULL;
}

/* The device that a text means, and what of it; a name may have colons itself. */
static int look_up(struct ibv_device *const *list, const char *text,
		   struct ibv_device **device, struct device_name *name,
		   struct phyr_error *error)
{
	device_name_whole(text, name);
	*device = find_device(list, text);
	if (*device)
		return 0;
	if (!device_name_split(text, name))
		return phyr_error_set(
			error, -ENODEV,
			"\"%.63s\" is not NAME:PORT:GID, as rxe0:1 or rxe0:1:0",
			text);
	*device = find_device(list, name->device);
	return *device ? 0 : refuse_name(list, name->device, error);
}

static int check_one(struct ibv_device *device, const struct device_name *name,
		     struct phyr_error *error)
{
	struct ibv_context *context = ibv_open_device(device);
	struct ibv_device_attr attr;
	union ibv_gid gid;
	int ret = 0;

	/* What cannot be opened now is an error of the measurement. */
	if (!context)
		return 0;
	if (!ibv_query_device(context, &attr))
		ret = check_place(context, &attr, name, &gid, error);
	ibv_close_device(context);
	return ret;
}

int phyr_device_check(const char *name, struct phyr_error *error)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_device *device;
	struct device_name parts;
	int ret;

	ret = look_up(list, name, &device, &parts, error);
	if (!ret && parts.port)
		ret = check_one(device, &parts, error);
	if (list)
		ibv_free_device_list(list);
	return ret;
}

static int open_first(struct ibv_device *const *list,
		      struct phyr_device **device, struct phyr_error *error)
{
	int ret = phyr_error_set(
		error, -ENODEV,
		"no RDMA device; for soft-RoCE: modprobe rdma_rxe && rdma link add rxe0 type rxe netdev IFACE");

	for (; list && *list; list++) {
		const char *text = ibv_get_device_name(*list);
		struct device_name name;

		device_name_whole(text, &name);
		ret = open_one(*list, text, &name, device, error);
		if (!ret)
			break;
	}
	return ret;
}

int phyr_device_open(const char *name, struct phyr_device **device,
		     struct phyr_error *error)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_device *found;
	struct device_name parts;
	int ret;

	if (name)
		ret = look_up(list, name, &found, &parts, error);
	if (name && !ret)
		ret = open_one(found, name, &parts, device, error);
	if (!name)
		ret = open_first(list, device, error);
	if (list)
		ibv_free_device_list(list);
	return ret;
}

void phyr_device_close(struct phyr_device *device)
{
	if (!device)
		return;
	if (device->pd)
		ibv_dealloc_pd(device->pd);
	if (device->context)
		ibv_close_device(device->context);
	free(device);
}
