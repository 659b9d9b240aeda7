/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NOTIFY_H
#define NOTIFY_H

/**
 * notify() - tell the service manager, if it wants to know
 * @state: "READY=1" and the like, see sd_notify(3)
 */
void notify(const char *state);

#endif
