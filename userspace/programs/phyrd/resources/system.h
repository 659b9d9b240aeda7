/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SYSTEM_H
#define SYSTEM_H

/**
 * system_drop_fork_safety() - unset the variables of the environment that
 *	change what is measured, and remember which were set
 */
void system_drop_fork_safety(void);

#endif
