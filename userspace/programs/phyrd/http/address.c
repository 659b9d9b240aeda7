// SPDX-License-Identifier: GPL-2.0-only
/* The address that phyrd listens on. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include "address.h"

static int parse_port(const char *text, in_port_t *port)
{
	char *end;
	unsigned long number;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	number = strtoul(text, &end, 10);
	if (*end || number > UINT16_MAX)
		return -EINVAL;
	*port = htons((uint16_t)number);
	return 0;
}

int address_parse(const char *text, union address *address,
		  struct phyr_error *error)
{
	const char *colon = strrchr(text, ':');
	in_port_t port;
	char host[64];
	size_t len;

	if (!colon || (size_t)(colon - text) >= sizeof(host) ||
	    parse_port(colon + 1, &port))
		return phyr_error_set(error, -EINVAL,
				      "--listen %s: not ADDRESS:PORT", text);
	len = (size_t)(colon - text);
	memcpy(host, text, len);
	host[len] = '\0';

	*address = (union address){ 0 };
	if (inet_pton(AF_INET, host, &address->v4.sin_addr) == 1) {
		address->v4.sin_family = AF_INET;
		address->v4.sin_port = port;
		return 0;
	}
	if (*host == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		if (inet_pton(AF_INET6, host + 1, &address->v6.sin6_addr) ==
		    1) {
			address->v6.sin6_family = AF_INET6;
			address->v6.sin6_port = port;
			return 0;
		}
	}
	return phyr_error_set(
		error, -EINVAL,
		"--listen %s: not a numeric address, as 127.0.0.1:7471 or [::1]:7471",
		text);
}

bool address_is_loopback(const union address *address)
{
	if (address->any.sa_family == AF_INET)
		return ntohl(address->v4.sin_addr.s_addr) >> 24 ==
		       IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr);
}

void address_format(const union address *address,
		    char text[INET6_ADDRSTRLEN + 2])
{
	char host[INET6_ADDRSTRLEN];

	if (address->any.sa_family == AF_INET) {
		inet_ntop(AF_INET, &address->v4.sin_addr, text,
			  INET6_ADDRSTRLEN);
		return;
	}
	inet_ntop(AF_INET6, &address->v6.sin6_addr, host, sizeof(host));
	snprintf(text, INET6_ADDRSTRLEN + 2, "[%s]", host);
}
