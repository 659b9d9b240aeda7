/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An iWARP initiator that is a thread with a TCP socket: it decides when each
 * message of it is on the wire, which a device does not let a test do.
 */
#ifndef MPA_PEER_H
#define MPA_PEER_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define MPA_MESSAGE_MAX 64

/**
 * struct mpa_peer - who connects, sends one message and waits for the end
 * @to: who listens
 * @ready_to_receive: it says, as MPA version 2 has it, that it will begin with
 *	an empty RDMA write, before which the responder is not connected
 * @message: what it sends as soon as it has the MPA reply
 * @len: of @message
 * @problem: after mpa_peer_join(): what went wrong, or NULL
 * @sk: its socket
 * @thread: that does all this
 */
struct mpa_peer {
	struct sockaddr_in to;
	bool ready_to_receive;
	const char *message;
	size_t len;
	const char *problem;
	int sk;
	pthread_t thread;
};

/*
 * Start it on this CPU, the only one that the caller runs on from now on. It
 * has the CPU whenever it wants it: from the moment in which its reply is sent
 * until its message has been, the caller does not run.
 */
void mpa_peer_start(struct mpa_peer *peer);
/* End the connection and the thread. */
void mpa_peer_join(struct mpa_peer *peer);

#endif
