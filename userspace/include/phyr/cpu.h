/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_CPU_H
#define PHYR_CPU_H

#include <phyr/error.h>

/**
 * phyr_cpu_pin() - keep the calling thread on one CPU
 * @cpu: the highest-numbered CPU that the thread may use (CPU 0 tends to
 *	handle the interrupts), to which it is now bound
 * @error: filled on failure, or NULL
 *
 * Return: 0, or -errno.
 */
int phyr_cpu_pin(unsigned int *cpu, struct phyr_error *error);

#endif
