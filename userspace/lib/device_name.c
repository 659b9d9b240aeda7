// SPDX-License-Identifier: GPL-2.0-only
/* Takes NAME[:PORT[:GID]] apart. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device_name.h"

#define PORT_MAX 255
#define GID_MAX 255 /* what an address handle holds */

/* A number without sign, space or leading zero, up to @end. */
static bool read_number(const char *text, const char *end, int max, int *number)
{
	size_t len = (size_t)(end - text);

	if (!len || len > 5 || strspn(text, "0123456789") < len ||
	    (*text == '0' && len > 1))
		return false;
	*number = (int)strtol(text, NULL, 10);
	return *number <= max;
}

void device_name_whole(const char *text, struct device_name *name)
{
	snprintf(name->device, sizeof(name->device), "%s", text);
	name->port = 0;
	name->gid_index = -1;
}

bool device_name_split(const char *text, struct device_name *name)
{
	const char *port = strchr(text, ':'), *gid;

	device_name_whole(text, name);
	if (!port || (size_t)(port - text) >= sizeof(name->device))
		return true;
	name->device[port - text] = '\0';
	gid = strchr(++port, ':');
	if (!read_number(port, gid ? gid : port + strlen(port), PORT_MAX,
			 &name->port) ||
	    !name->port)
		return false;
	return !gid || read_number(gid + 1, gid + 1 + strlen(gid + 1), GID_MAX,
				   &name->gid_index);
}
