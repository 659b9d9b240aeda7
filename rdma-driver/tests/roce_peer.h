/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A RoCE requester that writes each packet itself: it repeats, reorders and
 * invents what a device would not send. It sits at the other end of a veth pair
 * from an rxe device of its own.
 */
#ifndef ROCE_PEER_H
#define ROCE_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <infiniband/verbs.h>

#define ROCE_DEVICE "rxe9"
#define ROCE_MTU 1024

/**
 * struct roce_peer - the requester
 * @sk: of packets, at its end of the veth pair
 * @mac: addresses of the device and of the peer
 * @qpn: of the responder
 */
struct roce_peer {
	int sk;
	uint8_t mac[2][6];
	uint32_t qpn;
};

/**
 * struct roce_response - a packet from the responder
 * @psn: of the packet
 * @refused: it is an answer that something is wrong
 * @len: of @data
 * @data: what was read
 */
struct roce_response {
	uint32_t psn;
	bool refused;
	size_t len;
	uint8_t data[ROCE_MTU];
};

/* Make the network and the device. What fails skips the test that is running. */
void roce_peer_open(struct roce_peer *peer);
/* The device must not be in use any more. */
void roce_peer_close(struct roce_peer *peer);
/* A queue pair in INIT becomes the responder; @psn is what it expects first. */
void roce_peer_connect(struct roce_peer *peer, struct ibv_qp *qp, uint32_t psn);

/* Request @len bytes, whose responses begin with @psn. */
void roce_peer_read(const struct roce_peer *peer, uint32_t psn, uint64_t addr,
		    uint32_t rkey, uint32_t len);
/* The next packet; whether one comes. */
bool roce_peer_await(const struct roce_peer *peer,
		     struct roce_response *response);

#endif
