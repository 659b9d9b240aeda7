/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SYSTEM_H
#define SYSTEM_H

/**
 * system_drop_fork_safety() - unset what would be measured, and remember it
 */
void system_drop_fork_safety(void);

#endif
