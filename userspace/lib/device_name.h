/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIB_DEVICE_NAME_H
#define LIB_DEVICE_NAME_H

#include <stdbool.h>

#include <phyr/device.h>

/**
 * struct device_name - what a name asks for: NAME[:PORT[:GID]]
 * @device: the device
 * @port: its port, or 0: the first active one
 * @gid_index: the port's GID, or -1: see struct phyr_device
 */
struct device_name {
	char device[PHYR_DEVICE_NAME];
	int port;
	int gid_index;
};

/**
 * device_name_split() - take a name apart at its colons
 * @text: a name
 * @name: its parts; a device that is called @text in whole comes first, see
 *	device_name_whole()
 *
 * Return: false if what follows a colon is not a number as it is usually
 * written, of a port from 1 to 255, of a GID from 0 to 255.
 */
bool device_name_split(const char *text, struct device_name *name);

/**
 * device_name_whole() - the name of a device, and nothing of a port
 */
void device_name_whole(const char *text, struct device_name *name);

#endif
