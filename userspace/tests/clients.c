// SPDX-License-Identifier: GPL-2.0-only
/*
 * clients PORT RUNS REQUESTS: 16 clients that read runs 1 to RUNS of phyrd on
 * the loopback, each the next as soon as the last is there. One thread serves
 * them all, so that they do not compete with phyrd for the CPU more than they
 * must. Prints "ERRORS P50 P99 MAX", times in microseconds.
 */
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <phyr/clock.h>

#define CLIENTS 16
#define LENGTH "\r\nContent-Length: "

struct client {
	int fd;
	char reply[65536];
	size_t len;
	uint64_t began; /* ns */
};

static struct client clients[CLIENTS];
static uint64_t *times;
static size_t asked, answered, errors, total, runs;

static int connect_to(uint16_t port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static bool ask(struct client *client)
{
	char request[128];
	int len = snprintf(
		request, sizeof(request),
		"GET /api/v1/runs/%zu HTTP/1.1\r\nHost: localhost\r\n\r\n",
		asked * 7919 % runs + 1);

	asked++;
	client->len = 0;
	client->began = phyr_clock_ns();
	return write(client->fd, request, (size_t)len) == len;
}

/* Bytes of the whole reply, 0 while its header is not complete. */
static size_t reply_size(struct client *client)
{
	char *body, *length;

	client->reply[client->len] = '\0';
	body = strstr(client->reply, "\r\n\r\n");
	length = strstr(client->reply, LENGTH);
	if (!body || !length)
		return 0;
	return (size_t)(body + 4 - client->reply) +
	       strtoul(length + strlen(LENGTH), NULL, 10);
}

/* Return: false if the connection is of no more use. */
static bool hear(struct client *client)
{
	size_t room = sizeof(client->reply) - 1 - client->len;
	ssize_t got = read(client->fd, client->reply + client->len, room);
	size_t size;

	if (got <= 0)
		return false;
	client->len += (size_t)got;
	size = reply_size(client);
	if (!size || client->len < size)
		return client->len < sizeof(client->reply) - 1;
	times[answered++] = phyr_clock_ns() - client->began;
	errors += !!strncmp(client->reply, "HTTP/1.1 200", 12);
	return asked == total || ask(client);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	struct pollfd fds[CLIENTS];

	if (argc != 4)
		return 2;
	runs = strtoul(argv[2], NULL, 10);
	total = strtoul(argv[3], NULL, 10);
	times = calloc(total, sizeof(*times));
	if (!runs || total < CLIENTS || !times)
		return 2;
	for (int i = 0; i < CLIENTS; i++) {
		clients[i].fd = connect_to((uint16_t)atoi(argv[1]));
		fds[i] = (struct pollfd){ clients[i].fd, POLLIN, 0 };
		if (clients[i].fd < 0 || !ask(&clients[i])) {
			perror("clients");
			return 1;
		}
	}
	while (answered < total) {
		if (poll(fds, CLIENTS, 30000) <= 0)
			break;
		for (int i = 0; i < CLIENTS; i++) {
			if (fds[i].revents && !hear(&clients[i]))
				fds[i].fd = -1;
		}
	}
	errors += total - answered;
	if (!answered)
		return 1;
	qsort(times, answered, sizeof(*times), compare);
	printf("%zu %.0f %.0f %.0f\n", errors,
	       (double)times[answered / 2] / 1e3,
	       (double)times[answered * 99 / 100] / 1e3,
	       (double)times[answered - 1] / 1e3);
	free(times);
	return 0;
}
