// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an initiator sends as soon as it has the MPA reply is received, however
 * late the accepting process gets on. Needs no phyr kernel.
 */
#include <poll.h>
#include <string.h>
#include <arpa/inet.h>
#include <rdma/rdma_cma.h>

#include "harness.h"
#include "mpa_peer.h"

#define ADDRESS "10.0.1.1" /* of siw0 */
#define WAIT_MS 10000
#define MESSAGE "the first words"

static struct rdma_event_channel *channel;

static struct rdma_cm_id *await(enum rdma_cm_event_type wanted)
{
	struct pollfd readable = { .fd = channel->fd, .events = POLLIN };
	struct rdma_cm_event *event;
	enum rdma_cm_event_type type;
	struct rdma_cm_id *id;

	if (poll(&readable, 1, WAIT_MS) != 1)
		fail("no event %s", rdma_event_str(wanted));
	assert_int_equal(rdma_get_cm_event(channel, &event), 0);
	type = event->event;
	id = event->id;
	rdma_ack_cm_event(event);
	if (type != wanted)
		fail("%s, not %s", rdma_event_str(type),
		     rdma_event_str(wanted));
	return id;
}

static struct rdma_cm_id *listen_for(struct mpa_peer *peer)
{
	struct sockaddr_in here = { .sin_family = AF_INET };
	struct rdma_cm_id *listener;

	inet_pton(AF_INET, ADDRESS, &here.sin_addr);
	channel = rdma_create_event_channel();
	if (!channel)
		skip("no connection manager");
	assert_int_equal(rdma_create_id(channel, &listener, NULL, RDMA_PS_TCP),
			 0);
	if (rdma_bind_addr(listener, (struct sockaddr *)&here) ||
	    !listener->verbs)
		skip("no RDMA device at " ADDRESS);
	assert_int_equal(rdma_listen(listener, 1), 0);
	here.sin_port = rdma_get_src_port(listener);
	peer->to = here;
	return listener;
}

static void make_qp(struct rdma_cm_id *id)
{
	struct ibv_qp_init_attr init = {
		.qp_type = IBV_QPT_RC,
		.cap = {
			.max_send_wr = 1,
			.max_recv_wr = 1,
			.max_send_sge = 1,
			.max_recv_sge = 1,
		},
	};

	/* Completion queues, with channels, come with it. */
	assert_int_equal(rdma_create_qp(id, NULL, &init), 0);
}

static void assert_received(struct rdma_cm_id *id)
{
	struct pollfd readable = {
		.fd = id->recv_cq_channel->fd,
		.events = POLLIN,
	};
	struct ibv_wc wc;

	assert_int_equal(ibv_req_notify_cq(id->recv_cq, 0), 0);
	if (!ibv_poll_cq(id->recv_cq, 1, &wc)) {
		if (poll(&readable, 1, WAIT_MS) != 1)
			fail("the message does not arrive");
		assert_int_equal(ibv_poll_cq(id->recv_cq, 1, &wc), 1);
	}
	assert_int_equal(wc.status, IBV_WC_SUCCESS);
	assert_int_equal(wc.byte_len, sizeof(MESSAGE));
}

static const struct how {
	const char *name;
	bool ready_to_receive;
} ways[] = {
	{ "message", false },
	{ "ready to receive, message", true },
};

static void accept_one(void)
{
	const struct how *how = test_element();
	struct rdma_conn_param param = {
		.responder_resources = 1,
		.initiator_depth = 1,
	};
	struct mpa_peer peer = {
		.ready_to_receive = how->ready_to_receive,
		.message = MESSAGE,
		.len = sizeof(MESSAGE),
	};
	struct rdma_cm_id *listener = listen_for(&peer);
	struct ibv_recv_wr receive = { .num_sge = 1 }, *bad;
	char buffer[MPA_MESSAGE_MAX] = "";
	struct rdma_cm_id *id;
	struct ibv_sge sge;
	struct ibv_mr *mr;

	mpa_peer_start(&peer);
	id = await(RDMA_CM_EVENT_CONNECT_REQUEST);
	make_qp(id);
	mr = ibv_reg_mr(id->pd, buffer, sizeof(buffer), IBV_ACCESS_LOCAL_WRITE);
	assert_non_null(mr);
	sge = (struct ibv_sge){ (uintptr_t)buffer, sizeof(buffer), mr->lkey };
	receive.sg_list = &sge;
	assert_int_equal(ibv_post_recv(id->qp, &receive, &bad), 0);
	assert_int_equal(rdma_accept(id, &param), 0);
	await(RDMA_CM_EVENT_ESTABLISHED);
	assert_received(id);
	assert_memory_equal(buffer, MESSAGE, sizeof(MESSAGE));

	mpa_peer_join(&peer);
	if (peer.problem)
		fail("peer: %s", peer.problem);
	rdma_destroy_qp(id);
	assert_int_equal(ibv_dereg_mr(mr), 0);
	rdma_destroy_id(id);
	rdma_destroy_id(listener);
	rdma_destroy_event_channel(channel);
}

/* In a child, which keeps to one CPU, and whose failure leaves nothing. */
static void test_message_after_reply(void)
{
	in_child(accept_one);
}

static const struct test_case tests[] = {
	TEST_EACH(test_message_after_reply, ways),
};

TEST_MAIN()
