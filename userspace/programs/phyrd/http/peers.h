/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PEERS_H
#define PEERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * Those who are connected, and what each owes us: where it takes too long it is
 * cut off, sooner while connections are short. Who waits for us owes nothing.
 */

enum peer_debt {
	PEER_OWES_NOTHING,
	PEER_OWES_HEADERS, /* of the next request */
	PEER_OWES_BODY,
	PEER_OWES_READING, /* of the reply */
};

struct peer {
	int fd;
	enum peer_debt debt;
	uint64_t since; /* ns, when it began to owe that */
	struct peer *next;
};

/**
 * struct peers - all of them
 * @first: list
 * @n: how many
 * @limit: how many are served
 * @cut: how many were cut off
 */
struct peers {
	struct peer *first;
	unsigned int n;
	unsigned int limit;
	uint64_t cut;
};

/**
 * peers_admit() - may one more be served?
 *
 * The last places are for this machine.
 */
bool peers_admit(const struct peers *peers, const struct sockaddr *address);

/**
 * peers_add() - a connection begins
 *
 * Return: NULL: out of memory; it is then never cut off.
 */
struct peer *peers_add(struct peers *peers, int fd);
void peers_remove(struct peers *peers, struct peer *peer);

/**
 * peer_owes() - note what it owes from now on
 * @peer: NULL: nothing is noted
 */
void peer_owes(struct peer *peer, enum peer_debt debt);

/**
 * peers_deadline() - when the next will be late, in ns; UINT64_MAX: never
 */
uint64_t peers_deadline(const struct peers *peers);

/**
 * peers_cut_late() - cut off all that are late
 */
void peers_cut_late(struct peers *peers);

#endif
