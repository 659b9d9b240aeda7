/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <stdbool.h>
#include <netinet/in.h>
#include <phyr/error.h>

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/**
 * address_parse() - read ADDRESS:PORT; IPv6 as [ADDRESS]:PORT
 *
 * Return: 0 or -EINVAL.
 */
int address_parse(const char *text, union address *address,
		  struct phyr_error *error);

bool address_is_loopback(const union address *address);

/**
 * address_format() - as in a URL, without the port
 */
void address_format(const union address *address,
		    char text[INET6_ADDRSTRLEN + 2]);

#endif
