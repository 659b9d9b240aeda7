// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pins.h"
#include "pins_case.h"

static long before;

int pins_case_setup(void **state)
{
	(void)state;
	before = pins_quiet();
	return before < 0 ? -1 : 0;
}

int pins_case_teardown(void **state)
{
	long after = pins_settle(before);

	(void)state;
	if (after == before)
		return 0;
	print_message("# %ld pins were left behind\n", after - before);
	return -1;
}
