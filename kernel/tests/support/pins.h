/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PINS_H
#define PINS_H

#include "harness.h"

/*
 * Pages pinned now in the whole system, one for every pin of every page:
 * nr_foll_pin_acquired - nr_foll_pin_released, or a negative errno.
 */
long pins_held(void);

/* The same, when nobody else pins for a moment, as a 9p file written to does. */
long pins_quiet(void);

/* The same, once it is @expected or after two seconds: releases may be late. */
long pins_settle(long expected);

/* The system holds that many pins, at once or after two seconds. */
#define assert_pins(expected)                                \
	do {                                                 \
		const long pins_ = (expected);               \
                                                             \
		assert_int_equal(pins_settle(pins_), pins_); \
	} while (0)

#endif
