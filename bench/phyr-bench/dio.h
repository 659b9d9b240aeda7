/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DIO_H
#define DIO_H

/**
 * dio_choose() - which file or block device is to be read from
 */
void dio_choose(const char *path);

#endif
