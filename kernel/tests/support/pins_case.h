/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PINS_CASE_H
#define PINS_CASE_H

#include "pins.h"

/*
 * Set-up and tear-down of a cmocka test: the test fails if it leaves other
 * pins behind than it found.
 */
int pins_case_setup(void **state);
int pins_case_teardown(void **state);

/* The system holds that many pins, at once or after two seconds. */
#define assert_pins(expected) assert_int_equal(pins_settle(expected), expected)

#define pins_case(function)                                        \
	cmocka_unit_test_setup_teardown(function, pins_case_setup, \
					pins_case_teardown)

#endif
