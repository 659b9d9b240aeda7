// SPDX-License-Identifier: GPL-2.0-only
/* Opens an RDMA device that is ready for use. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <phyr/device.h>

static bool find_active_port(struct phyr_device *device)
{
	for (int port = 1; port <= device->attr.phys_port_cnt; port++) {
		if (ibv_query_port(device->context, (uint8_t)port,
				   &device->port_attr))
			continue;
		if (device->port_attr.state == IBV_PORT_ACTIVE) {
			device->port = (uint8_t)port;
			return true;
		}
	}
	return false;
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

static int open_one(struct ibv_device *verbs_device,
		    struct phyr_device **device, struct phyr_error *error)
{
	const char *name = ibv_get_device_name(verbs_device);
	struct phyr_device *dev = calloc(1, sizeof(*dev));
	int ret;

	if (!dev)
		return phyr_error_set(error, -ENOMEM, "out of memory");

	errno = 0;
	dev->context = ibv_open_device(verbs_device);
	if (!dev->context) {
		ret = phyr_error_set(error, errno ? -errno : -EIO,
				     "ibv_open_device(%s): %s", name,
				     errno ? strerror(errno) : "no errno");
		goto close;
	}
	ret = ibv_query_device(dev->context, &dev->attr);
	if (ret) {
		ret = phyr_error_set(error, -ret, "ibv_query_device(%s): %s",
				     name, strerror(ret));
		goto close;
	}
	if (!find_active_port(dev)) {
		ret = phyr_error_set(
			error, -ENODEV,
			"RDMA device %s has no active port; bring its link up, for soft-RoCE: ip link set IFACE up",
			name);
		goto close;
	}
	find_gid(dev);
	dev->pd = ibv_alloc_pd(dev->context);
	if (!dev->pd) {
		ret = phyr_error_set(error, -errno, "ibv_alloc_pd(%s): %s",
				     name, strerror(errno));
		goto close;
	}
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

int phyr_device_check(const char *name, struct phyr_error *error)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_device **entry = list;
	int ret = 0;

	while (entry && *entry && strcmp(name, ibv_get_device_name(*entry)))
		entry++;
	if (!entry || !*entry)
		ret = refuse_name(list, name, error);
	if (list)
		ibv_free_device_list(list);
	return ret;
}

int phyr_device_open(const char *name, struct phyr_device **device,
		     struct phyr_error *error)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	int ret;

	if (name)
		ret = refuse_name(list, name, error);
	else
		ret = phyr_error_set(
			error, -ENODEV,
			"no RDMA device; for soft-RoCE: modprobe rdma_rxe && rdma link add rxe0 type rxe netdev IFACE");
	if (!list)
		return ret;

	for (struct ibv_device **entry = list; *entry; entry++) {
		if (name && strcmp(name, ibv_get_device_name(*entry)))
			continue;
		ret = open_one(*entry, device, error);
		if (!ret)
			break;
	}
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
