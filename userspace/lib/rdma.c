// SPDX-License-Identifier: GPL-2.0-only
/* Connects an RDMA device with itself and writes through the connection. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <phyr/clock.h>
#include <phyr/rdma.h>

#include "rdma_cm.h"

/* RDMA reads and atomics under way at a time, as requester and responder. */
#define MAX_READS 16

bool phyr_rdma_is_iwarp(const struct phyr_device *device)
{
	return device->context->device->transport_type == IBV_TRANSPORT_IWARP;
}

static uint8_t smaller(int a, int b)
{
	return (uint8_t)(a < b ? a : b);
}

static struct ibv_qp *create_qp(struct phyr_rdma *rdma)
{
	struct ibv_qp_init_attr attr = {
		.send_cq = rdma->cq,
		.recv_cq = rdma->cq,
		.cap = {
			.max_send_wr = PHYR_RDMA_MAX_WR,
			.max_recv_wr = PHYR_RDMA_MAX_WR,
			.max_send_sge = PHYR_RDMA_MAX_SGE,
			.max_recv_sge = PHYR_RDMA_MAX_SGE,
		},
		.qp_type = IBV_QPT_RC,
	};

	return ibv_create_qp(rdma->device->pd, &attr);
}

static int to_init(const struct phyr_device *device, struct ibv_qp *qp)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT,
		.port_num = device->port,
		.qp_access_flags = IBV_ACCESS_REMOTE_WRITE |
				   IBV_ACCESS_REMOTE_READ |
				   IBV_ACCESS_REMOTE_ATOMIC,
	};

	return ibv_modify_qp(qp, &attr,
			     IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
				     IBV_QP_ACCESS_FLAGS);
}

static int to_ready_to_receive(const struct phyr_device *device,
			       struct ibv_qp *qp, const struct ibv_qp *peer)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTR,
		.path_mtu = device->port_attr.active_mtu,
		.dest_qp_num = peer->qp_num,
		.max_dest_rd_atomic =
			smaller(device->attr.max_qp_rd_atom, MAX_READS),
		.min_rnr_timer = 12, /* 0.64 ms */
		.ah_attr = {
			.dlid = device->port_attr.lid,
			.port_num = device->port,
		},
	};

	if (device->gid_index >= 0) {
		attr.ah_attr.is_global = 1;
		attr.ah_attr.grh.dgid = device->gid;
		attr.ah_attr.grh.sgid_index = (uint8_t)device->gid_index;
		attr.ah_attr.grh.hop_limit = 1;
	}
	return ibv_modify_qp(qp, &attr,
			     IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU |
				     IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
				     IBV_QP_MAX_DEST_RD_ATOMIC |
				     IBV_QP_MIN_RNR_TIMER);
}

static int to_ready_to_send(const struct phyr_device *device, struct ibv_qp *qp)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTS,
		.timeout = 17, /* 0.54 s */
		.retry_cnt = 7,
		.rnr_retry = 7,
		.max_rd_atomic =
			smaller(device->attr.max_qp_init_rd_atom, MAX_READS),
	};

	return ibv_modify_qp(qp, &attr,
			     IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
				     IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN |
				     IBV_QP_MAX_QP_RD_ATOMIC);
}

static int check_device(const struct phyr_device *device,
			struct phyr_error *error)
{
	const char *name = ibv_get_device_name(device->context->device);

	if (!phyr_rdma_is_iwarp(device) &&
	    device->port_attr.link_layer == IBV_LINK_LAYER_ETHERNET &&
	    device->gid_index < 0)
		return phyr_error_set(
			error, -EADDRNOTAVAIL,
			"RDMA device %s has no RoCE v2 GID on port %u; give its network interface an IP address",
			name, device->port);
	return 0;
}

static int connect_qps(struct phyr_rdma *rdma, struct phyr_error *error)
{
	int ret = 0;

	for (int i = 0; i < 2 && !ret; i++)
		ret = to_init(rdma->device, rdma->qp[i]);
	if (!ret && phyr_rdma_is_iwarp(rdma->device))
		return rdma_cm_connect(
			rdma->device, rdma->qp,
			smaller(rdma->device->attr.max_qp_rd_atom, MAX_READS),
			&rdma->cm, error);
	for (int i = 0; i < 2 && !ret; i++)
		ret = to_ready_to_receive(rdma->device, rdma->qp[i],
					  rdma->qp[!i]);
	for (int i = 0; i < 2 && !ret; i++)
		ret = to_ready_to_send(rdma->device, rdma->qp[i]);
	if (ret)
		return phyr_error_set(error, -ret, "ibv_modify_qp: %s",
				      strerror(ret));
	return 0;
}

int phyr_rdma_create(const struct phyr_device *device, struct phyr_rdma **rdma,
		     struct phyr_error *error)
{
	struct phyr_rdma *r;
	const char *what;
	int ret;

	ret = check_device(device, error);
	if (ret)
		return ret;
	r = calloc(1, sizeof(*r));
	if (!r)
		return phyr_error_set(error, -ENOMEM, "out of memory");
	r->device = device;
	r->wait = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? PHYR_RDMA_POLL
						    : PHYR_RDMA_EVENT;

	what = "ibv_create_comp_channel";
	r->channel = ibv_create_comp_channel(device->context);
	if (!r->channel)
		goto verbs_error;
	what = "ibv_create_cq";
	r->cq = ibv_create_cq(device->context, 4 * PHYR_RDMA_MAX_WR, NULL,
			      r->channel, 0);
	if (!r->cq)
		goto verbs_error;
	what = "ibv_create_qp";
	for (int i = 0; i < 2; i++) {
		r->qp[i] = create_qp(r);
		if (!r->qp[i])
			goto verbs_error;
	}
	ret = connect_qps(r, error);
	if (ret)
		goto destroy;
	*rdma = r;
	return 0;

verbs_error:
	ret = phyr_error_set(error, -errno, "%s: %s", what, strerror(errno));
destroy:
	phyr_rdma_destroy(r);
	return ret;
}

void phyr_rdma_destroy(struct phyr_rdma *rdma)
{
	if (!rdma)
		return;
	rdma_cm_disconnect(rdma->cm);
	for (int i = 0; i < 2; i++) {
		if (rdma->qp[i])
			ibv_destroy_qp(rdma->qp[i]);
	}
	if (rdma->cq)
		ibv_destroy_cq(rdma->cq);
	if (rdma->channel)
		ibv_destroy_comp_channel(rdma->channel);
	free(rdma);
}

static int arm(struct phyr_rdma *rdma, struct phyr_error *error)
{
	int ret;

	if (rdma->wait == PHYR_RDMA_POLL)
		return 0;
	ret = ibv_req_notify_cq(rdma->cq, 0);
	if (ret)
		return phyr_error_set(error, -ret, "ibv_req_notify_cq: %s",
				      strerror(ret));
	return 0;
}

static int sleep_until_event(struct phyr_rdma *rdma, struct phyr_error *error)
{
	struct ibv_cq *cq;
	void *context;

	if (ibv_get_cq_event(rdma->channel, &cq, &context))
		return phyr_error_set(error, -errno, "ibv_get_cq_event: %s",
				      strerror(errno));
	ibv_ack_cq_events(cq, 1);
	return 0;
}

/*
 * Only the last request is signalled, so the first completion is either its
 * own or the first failure. The queue was armed before the requests were
 * posted, so there will be an event even if the completion came first.
 */
static int await(struct phyr_rdma *rdma, enum ibv_wc_status *status,
		 struct phyr_error *error)
{
	struct ibv_wc wc;
	int n, ret;

	if (rdma->wait == PHYR_RDMA_EVENT) {
		ret = sleep_until_event(rdma, error);
		if (ret)
			return ret;
	}
	while (!(n = ibv_poll_cq(rdma->cq, 1, &wc)))
		continue;
	if (n < 0)
		return phyr_error_set(error, -EIO, "ibv_poll_cq failed");
	*status = wc.status;
	return 0;
}

static void signal_last(struct ibv_send_wr *wr)
{
	for (; wr->next; wr = wr->next)
		wr->send_flags &= ~(unsigned int)IBV_SEND_SIGNALED;
	wr->send_flags |= IBV_SEND_SIGNALED;
}

static int post(struct phyr_rdma *rdma, struct ibv_send_wr *wr,
		struct phyr_error *error)
{
	struct ibv_send_wr *bad;
	int ret = ibv_post_send(rdma->qp[0], wr, &bad);

	if (ret)
		return phyr_error_set(error, -ret, "ibv_post_send: %s",
				      strerror(ret));
	return 0;
}

int phyr_rdma_execute(struct phyr_rdma *rdma, struct ibv_send_wr *wr,
		      enum ibv_wc_status *status, struct phyr_error *error)
{
	int ret;

	signal_last(wr);
	ret = arm(rdma, error);
	if (!ret)
		ret = post(rdma, wr, error);
	if (!ret)
		ret = await(rdma, status, error);
	return ret;
}

/* Lists the messages for what follows @offset, as many as a post may have. */
static size_t list_writes(const struct phyr_rdma *rdma,
			  const struct ibv_mr *local,
			  const struct ibv_mr *remote, size_t offset,
			  size_t len, struct ibv_send_wr *wr,
			  struct ibv_sge *sge)
{
	size_t max = rdma->device->port_attr.max_msg_sz;

	for (int n = 0; n < PHYR_RDMA_MAX_WR && offset < len; n++) {
		size_t part = len - offset < max ? len - offset : max;

		sge[n] = (struct ibv_sge){
			.addr = (uintptr_t)local->addr + offset,
			.length = (uint32_t)part,
			.lkey = local->lkey,
		};
		wr[n] = (struct ibv_send_wr){
			.sg_list = &sge[n],
			.num_sge = 1,
			.opcode = IBV_WR_RDMA_WRITE,
			.wr.rdma = {
				.remote_addr = (uintptr_t)remote->addr + offset,
				.rkey = remote->rkey,
			},
		};
		if (n)
			wr[n - 1].next = &wr[n];
		offset += part;
	}
	signal_last(wr);
	return offset;
}

int phyr_rdma_write(struct phyr_rdma *rdma, const struct ibv_mr *local,
		    const struct ibv_mr *remote, size_t len, uint64_t *ns,
		    struct phyr_error *error)
{
	struct ibv_send_wr wr[PHYR_RDMA_MAX_WR];
	struct ibv_sge sge[PHYR_RDMA_MAX_WR];
	enum ibv_wc_status status = IBV_WC_SUCCESS;
	uint64_t spent = 0;
	int ret;

	for (size_t done = 0; done < len && status == IBV_WC_SUCCESS;) {
		uint64_t start;

		done = list_writes(rdma, local, remote, done, len, wr, sge);
		ret = arm(rdma, error);
		if (ret)
			return ret;

		start = phyr_clock_ns();
		ret = post(rdma, wr, error);
		if (!ret)
			ret = await(rdma, &status, error);
		spent += phyr_clock_ns() - start;
		if (ret)
			return ret;
	}
	if (status != IBV_WC_SUCCESS)
		return phyr_error_set(error, -EIO,
				      "RDMA write of %zu bytes: %s", len,
				      ibv_wc_status_str(status));
	if (ns)
		*ns = spent;
	return 0;
}
