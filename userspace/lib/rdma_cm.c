// SPDX-License-Identifier: GPL-2.0-only
/* Connects queue pairs by addresses (librdmacm), as iWARP needs it. */
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <rdma/rdma_cma.h>

#include "rdma_cm.h"

#define RESOLVE_MS 5000

/**
 * struct rdma_cm - both ends of one connection, in one process
 * @channel: events of all three
 * @listener: where [0] connects to
 * @end: [0] connects, [1] accepts
 */
struct rdma_cm {
	struct rdma_event_channel *channel;
	struct rdma_cm_id *listener;
	struct rdma_cm_id *end[2];
};

static int failed(struct phyr_error *error, const char *what)
{
	return phyr_error_set(error, -errno, "%s: %s", what, strerror(errno));
}

/* The interface behind the only GID that an iWARP port has. */
static int find_address(const struct phyr_device *device,
			struct sockaddr_in *address, struct phyr_error *error)
{
	const char *name = ibv_get_device_name(device->context->device);
	struct ifaddrs *list, *entry;
	struct ibv_gid_entry gid;
	int ret;

	ret = ibv_query_gid_ex(device->context, device->port, 0, &gid, 0);
	if (ret)
		return phyr_error_set(error, -ret, "ibv_query_gid_ex: %s",
				      strerror(ret));
	if (getifaddrs(&list))
		return failed(error, "getifaddrs");
	for (entry = list; entry; entry = entry->ifa_next)
		if (entry->ifa_addr && entry->ifa_addr->sa_family == AF_INET &&
		    if_nametoindex(entry->ifa_name) == gid.ndev_ifindex)
			break;
	if (entry)
		memcpy(address, entry->ifa_addr, sizeof(*address));
	freeifaddrs(list);
	if (!entry)
		return phyr_error_set(
			error, -EADDRNOTAVAIL,
			"RDMA device %s cannot be connected to; give its network interface an IPv4 address",
			name);
	return 0;
}

static int await_event(struct rdma_cm *cm, enum rdma_cm_event_type wanted,
		       struct rdma_cm_id **id, struct phyr_error *error)
{
	struct rdma_cm_event *event;
	enum rdma_cm_event_type type;
	int status;

	if (rdma_get_cm_event(cm->channel, &event))
		return failed(error, "rdma_get_cm_event");
	type = event->event;
	status = event->status;
	if (type == wanted && id)
		*id = event->id;
	rdma_ack_cm_event(event);
	if (type != wanted)
		return phyr_error_set(error, status < 0 ? status : -EIO,
				      "got event %s (status %d) instead of %s",
				      rdma_event_str(type), status,
				      rdma_event_str(wanted));
	return 0;
}

static int listen_at(struct rdma_cm *cm, struct sockaddr_in *address,
		     struct phyr_error *error)
{
	address->sin_port = 0;
	if (rdma_create_id(cm->channel, &cm->listener, NULL, RDMA_PS_TCP))
		return failed(error, "rdma_create_id");
	if (rdma_bind_addr(cm->listener, (struct sockaddr *)address))
		return failed(error, "rdma_bind_addr");
	if (rdma_listen(cm->listener, 1))
		return failed(error, "rdma_listen");
	address->sin_port = rdma_get_src_port(cm->listener);
	return 0;
}

static int resolve(struct rdma_cm *cm, struct sockaddr_in *address,
		   struct phyr_error *error)
{
	int ret;

	if (rdma_create_id(cm->channel, &cm->end[0], NULL, RDMA_PS_TCP))
		return failed(error, "rdma_create_id");
	if (rdma_resolve_addr(cm->end[0], NULL, (struct sockaddr *)address,
			      RESOLVE_MS))
		return failed(error, "rdma_resolve_addr");
	ret = await_event(cm, RDMA_CM_EVENT_ADDR_RESOLVED, NULL, error);
	if (ret)
		return ret;
	if (rdma_resolve_route(cm->end[0], RESOLVE_MS))
		return failed(error, "rdma_resolve_route");
	return await_event(cm, RDMA_CM_EVENT_ROUTE_RESOLVED, NULL, error);
}

static int connect_ends(struct rdma_cm *cm, struct ibv_qp *const *qp,
			uint8_t reads, struct phyr_error *error)
{
	struct rdma_conn_param param = {
		.responder_resources = reads,
		.initiator_depth = reads,
		.qp_num = qp[0]->qp_num,
	};
	int ret;

	if (rdma_connect(cm->end[0], &param))
		return failed(error, "rdma_connect");
	ret = await_event(cm, RDMA_CM_EVENT_CONNECT_REQUEST, &cm->end[1],
			  error);
	if (ret)
		return ret;
	param.qp_num = qp[1]->qp_num;
	if (rdma_accept(cm->end[1], &param))
		return failed(error, "rdma_accept");
	/* One for each end. */
	for (int i = 0; i < 2 && !ret; i++)
		ret = await_event(cm, RDMA_CM_EVENT_ESTABLISHED, NULL, error);
	return ret;
}

int rdma_cm_connect(const struct phyr_device *device, struct ibv_qp *const *qp,
		    uint8_t reads, struct rdma_cm **cm,
		    struct phyr_error *error)
{
	struct sockaddr_in address;
	struct rdma_cm *c;
	int ret;

	ret = find_address(device, &address, error);
	if (ret)
		return ret;
	c = calloc(1, sizeof(*c));
	if (!c)
		return phyr_error_set(error, -ENOMEM, "out of memory");
	c->channel = rdma_create_event_channel();
	if (!c->channel)
		ret = failed(error, "rdma_create_event_channel");
	if (!ret)
		ret = listen_at(c, &address, error);
	if (!ret)
		ret = resolve(c, &address, error);
	if (!ret)
		ret = connect_ends(c, qp, reads, error);
	if (ret)
		rdma_cm_disconnect(c);
	else
		*cm = c;
	return ret;
}

void rdma_cm_disconnect(struct rdma_cm *cm)
{
	if (!cm)
		return;
	for (int i = 0; i < 2; i++)
		if (cm->end[i])
			rdma_destroy_id(cm->end[i]);
	if (cm->listener)
		rdma_destroy_id(cm->listener);
	if (cm->channel)
		rdma_destroy_event_channel(cm->channel);
	free(cm);
}
