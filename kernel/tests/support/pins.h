/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PINS_H
#define PINS_H

/*
 * Pages pinned now in the whole system, one for every pin of every page:
 * nr_foll_pin_acquired - nr_foll_pin_released, or a negative errno.
 */
long pins_held(void);

/* The same, when nobody else pins for a moment, as a 9p file written to does. */
long pins_quiet(void);

/* The same, once it is @expected or after two seconds: releases may be late. */
long pins_settle(long expected);

#endif
