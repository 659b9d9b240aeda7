/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WAITING_H
#define WAITING_H

#include <stdint.h>

/**
 * waiting_settle() - rest until deferred work is done, and just after a tick
 */
void waiting_settle(void);

/**
 * waiting_rest() - waiting_settle(), and what the machine did meanwhile
 *
 * For one CPU, on a clock that stands still for nobody but counts instructions.
 *
 * Return: ns in which the CPU was not idle, less those that resting takes.
 */
uint64_t waiting_rest(void);

#endif
