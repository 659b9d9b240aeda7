/* SPDX-License-Identifier: GPL-2.0-only */
/* What can befall a virtio device on the PCI bus, other than its removal. */
#ifndef VIRTIO_PCI_H
#define VIRTIO_PCI_H

#include <stdbool.h>
#include <stddef.h>

/* "virtioN", with its NUL, of the last device that a driver has, or "" */
void virtio_pci_find(const char *driver, char *name, size_t size);

/* All take a device by its name on the virtio bus. Two return 0 or -errno. */

/* Do device and driver both have a feature, VIRTIO_F_* or the like? */
bool virtio_pci_has_feature(const char *name, unsigned int bit);

/* Reset it behind the back of its users: -ENOENT if the bus offers none. */
int virtio_pci_reset(const char *name);

/*
 * Let the device find the descriptors of its first queue, which is not packed,
 * where no memory is.
 * The next request makes it stop and ask for a reset.
 */
int virtio_pci_break(const char *name);

#endif
