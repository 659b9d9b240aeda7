// SPDX-License-Identifier: GPL-2.0-only
/* RDMA devices, their ports and GIDs, as JSON. */
#include <stdbool.h>
#include <arpa/inet.h>
#include <infiniband/verbs.h>

#include "limits.h"
#include "rdma_devices.h"

static bool is_iwarp(const struct ibv_device *device)
{
	return device->transport_type == IBV_TRANSPORT_IWARP;
}

/* libibverbs has no type for those of iWARP. */
static const char *type_name(struct ibv_context *context,
			     const struct ibv_gid_entry *gid)
{
	if (is_iwarp(context->device))
		return "iWARP";
	switch (gid->gid_type) {
	case IBV_GID_TYPE_ROCE_V2:
		return "RoCE v2";
	case IBV_GID_TYPE_ROCE_V1:
		return "RoCE v1";
	default:
		return "InfiniBand";
	}
}

/* Tables have room for many more than there are. */
static json_t *render_gids(struct ibv_context *context, uint8_t port, int n)
{
	json_t *json = json_array();

	for (int i = 0; i < n && json_array_size(json) < LIMIT_GIDS; i++) {
		char text[INET6_ADDRSTRLEN];
		struct ibv_gid_entry gid;

		if (ibv_query_gid_ex(context, port, (uint32_t)i, &gid, 0))
			continue;
		inet_ntop(AF_INET6, gid.gid.raw, text, sizeof(text));
		json_array_append_new(json,
				      json_pack("{s:i, s:s, s:s}", "index", i,
						"gid", text, "type",
						type_name(context, &gid)));
	}
	return json;
}

static json_t *render_port(struct ibv_context *context, uint8_t number)
{
	struct ibv_port_attr port;

	if (ibv_query_port(context, number, &port))
		return json_null();
	return json_pack("{s:i, s:s, s:s, s:i, s:I, s:o}", "number", number,
			 "state", ibv_port_state_str(port.state), "link_layer",
			 port.link_layer == IBV_LINK_LAYER_ETHERNET
				 ? "Ethernet"
				 : "InfiniBand",
			 "mtu_bytes", 128 << port.active_mtu,
			 "max_message_bytes", (json_int_t)port.max_msg_sz,
			 "gids",
			 render_gids(context, number, port.gid_tbl_len));
}

static json_t *render_device(struct ibv_device *device)
{
	struct ibv_context *context = ibv_open_device(device);
	json_t *json, *ports = json_array();
	struct ibv_device_attr attr;

	json = json_pack("{s:s, s:s, s:o}", "name", ibv_get_device_name(device),
			 "transport", is_iwarp(device) ? "iWARP" : "InfiniBand",
			 "ports", ports);
	if (!context)
		return json;
	if (!ibv_query_device(context, &attr)) {
		/* Some devices say ~0, which is more than json_int_t holds. */
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

json_t *rdma_devices_render(void)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	json_t *json = json_array();

	for (struct ibv_device **entry = list; entry && *entry; entry++)
		json_array_append_new(json, render_device(*entry));
	if (list)
		ibv_free_device_list(list);
	return json;
}
