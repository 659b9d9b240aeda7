// SPDX-License-Identifier: GPL-2.0-only
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"
#include "mpa_peer.h"

/* RFC 5044 and 6581. Numbers have their most significant byte first. */
#define KEY_LEN 16
#define HEADER_LEN (KEY_LEN + 4)
#define ENHANCED 0x10
#define READS 1 /* that may be under way each way */
#define PEER_TO_PEER 0x80
#define WRITE_FIRST 0x80

/* RFC 5040 and 5041: version 1 of both, last segment, and what it is. */
#define CONTROL_LAST 0x41
#define CONTROL_TAGGED 0x80
#define CONTROL_WRITE 0x40
#define CONTROL_SEND 0x43
#define FIRST_MESSAGE 1

#define LENGTH_LEN 2
#define CRC_LEN 4
#define SEND_LEN 18 /* bytes of the headers behind the length */
#define WRITE_LEN 14
#define WRITE_FRAME_LEN (LENGTH_LEN + WRITE_LEN + CRC_LEN)
#define SEND_FRAME_MAX (LENGTH_LEN + SEND_LEN + MPA_MESSAGE_MAX + CRC_LEN)

static bool send_all(const struct mpa_peer *peer, const uint8_t *bytes,
		     size_t len)
{
	return send(peer->sk, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static bool request(const struct mpa_peer *peer)
{
	uint8_t frame[HEADER_LEN + 4] = "MPA ID Req Frame";
	size_t len = HEADER_LEN;

	if (peer->ready_to_receive) {
		frame[KEY_LEN] = ENHANCED;
		frame[KEY_LEN + 1] = 2;
		frame[KEY_LEN + 3] = 4;
		frame[HEADER_LEN] = PEER_TO_PEER;
		frame[HEADER_LEN + 1] = READS;
		frame[HEADER_LEN + 2] = WRITE_FIRST;
		frame[HEADER_LEN + 3] = READS;
		len += 4;
	} else {
		frame[KEY_LEN + 1] = 1;
	}
	return send_all(peer, frame, len);
}

static bool reply(const struct mpa_peer *peer)
{
	uint8_t frame[HEADER_LEN + 4];
	size_t len = HEADER_LEN + (peer->ready_to_receive ? 4 : 0);

	return recv(peer->sk, frame, len, MSG_WAITALL) == (ssize_t)len &&
	       !memcmp(frame, "MPA ID Rep Frame", KEY_LEN);
}

/*
 * Without a CRC, which both ends agreed on; there is room for it all the same.
 * All at once, as TCP keeps a second packet until the first has been received.
 */
static bool message(const struct mpa_peer *peer)
{
	uint8_t bytes[WRITE_FRAME_LEN + SEND_FRAME_MAX] = {
		0,
		WRITE_LEN,
		CONTROL_LAST | CONTROL_TAGGED,
		CONTROL_WRITE,
	};
	uint8_t *frame = bytes + (peer->ready_to_receive ? WRITE_FRAME_LEN : 0);
	uint8_t *payload = frame + LENGTH_LEN + SEND_LEN;

	frame[1] = SEND_LEN + peer->len;
	frame[2] = CONTROL_LAST;
	frame[3] = CONTROL_SEND;
	frame[LENGTH_LEN + 13] = FIRST_MESSAGE;
	memcpy(payload, peer->message, peer->len);
	return send_all(peer, bytes,
			payload + (peer->len + 3) / 4 * 4 + CRC_LEN - bytes);
}

static void *work(void *argument)
{
	struct mpa_peer *peer = argument;
	uint8_t byte;

	if (connect(peer->sk, (struct sockaddr *)&peer->to, sizeof(peer->to)))
		peer->problem = "connect";
	else if (!request(peer))
		peer->problem = "the MPA request";
	else if (!reply(peer))
		peer->problem = "the MPA reply";
	else if (!message(peer))
		peer->problem = "the message";
	else if (recv(peer->sk, &byte, 1, 0) > 0)
		peer->problem = "the responder sends";
	return NULL;
}

void mpa_peer_start(struct mpa_peer *peer)
{
	const struct sched_param first = { .sched_priority = 1 };
	pthread_attr_t attributes;
	cpu_set_t here;

	assert_in_range(peer->len, 1, MPA_MESSAGE_MAX);
	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	assert_int_equal(sched_setaffinity(0, sizeof(here), &here), 0);
	peer->problem = NULL;
	peer->sk = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(peer->sk >= 0);
	pthread_attr_init(&attributes);
	pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
	pthread_attr_setschedparam(&attributes, &first);
	assert_int_equal(pthread_create(&peer->thread, &attributes, work, peer),
			 0);
	pthread_attr_destroy(&attributes);
}

void mpa_peer_join(struct mpa_peer *peer)
{
	shutdown(peer->sk, SHUT_RDWR);
	pthread_join(peer->thread, NULL);
	close(peer->sk);
}
