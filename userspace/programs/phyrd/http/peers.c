// SPDX-License-Identifier: GPL-2.0-only
/* Who is connected, and who has had his time. */
#include <stdlib.h>

#include <phyr/clock.h>

#include "address.h"
#include "limits.h"
#include "peers.h"

#define SECOND_NS UINT64_C(1000000000)
#define SEND_BYTES (64 * 1024)

/* Places that are left when the others have to hurry. */
static unsigned int spare(const struct peers *peers)
{
	return peers->limit / 2 < LIMIT_LOCAL_CONNECTIONS
		       ? peers->limit / 2
		       : LIMIT_LOCAL_CONNECTIONS;
}

static bool is_crowded(const struct peers *peers)
{
	return peers->n + spare(peers) >= peers->limit;
}

bool peers_admit(const struct peers *peers, const struct sockaddr *address)
{
	return !is_crowded(peers) ||
	       address_is_loopback((const union address *)address);
}

struct peer *peers_add(struct peers *peers, int fd)
{
	struct peer *new = calloc(1, sizeof(*new));
	int bytes = SEND_BYTES;

	peers->n++;
	/* What is not read waits in pieces, not in the kernel's memory. */
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	if (!new)
		return NULL;
	new->fd = fd;
	peer_owes(new, PEER_OWES_HEADERS);
	new->next = peers->first;
	peers->first = new;
	return new;
}

void peers_remove(struct peers *peers, struct peer *peer)
{
	struct peer **link = &peers->first;

	peers->n--;
	if (!peer)
		return;
	while (*link != peer)
		link = &(*link)->next;
	*link = peer->next;
	free(peer);
}

void peer_owes(struct peer *peer, enum peer_debt debt)
{
	if (!peer)
		return;
	peer->debt = debt;
	peer->since = phyr_clock_ns();
}

static uint64_t deadline(const struct peer *peer, bool crowded)
{
	switch (peer->debt) {
	case PEER_OWES_HEADERS:
		return peer->since + SECOND_NS * (crowded ? LIMIT_HURRY_SECONDS
							  : LIMIT_IDLE_SECONDS);
	case PEER_OWES_BODY:
		return peer->since +
		       SECOND_NS * (crowded ? LIMIT_BODY_HURRY_SECONDS
					    : LIMIT_BODY_SECONDS);
	case PEER_OWES_READING:
		return crowded ? peer->since +
					 SECOND_NS * LIMIT_BODY_HURRY_SECONDS
			       : UINT64_MAX;
	default:
		return UINT64_MAX;
	}
}

uint64_t peers_deadline(const struct peers *peers)
{
	bool crowded = is_crowded(peers);
	uint64_t first = UINT64_MAX;

	for (const struct peer *peer = peers->first; peer; peer = peer->next) {
		uint64_t due = deadline(peer, crowded);

		if (due < first)
			first = due;
	}
	return first;
}

void peers_cut_late(struct peers *peers)
{
	bool crowded = is_crowded(peers);
	uint64_t now = phyr_clock_ns();

	for (struct peer *peer = peers->first; peer; peer = peer->next) {
		if (deadline(peer, crowded) > now)
			continue;
		/* microhttpd sees that it has hung up. */
		shutdown(peer->fd, SHUT_RDWR);
		peer_owes(peer, PEER_OWES_NOTHING);
		peers->cut++;
	}
}
