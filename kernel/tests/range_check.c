// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages may move between two pins (GUP itself moves them for FOLL_LONGTERM), so
 * one form is held while the others are described: all see the same pages.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base_page.h"
#include "pins.h"
#include "range_check.h"
#include "phyr_device.h"

static const char *const form_names[] = {
	[PHYR_TEST_PAGES] = "pages",
	[PHYR_TEST_PHYRS] = "phyrs",
	[PHYR_TEST_LIST] = "list",
};

void range_check_init(struct range_check *check, size_t pages)
{
	memset(check, 0, sizeof(*check));
	check->fd = test_device_open_or_skip();
	check->hold_fd = test_device_open_or_skip();
	check->held = description_create(pages);
	check->other = description_create(pages);
	check->part = description_create(pages);
	assert_true(check->held && check->other && check->part);
}

void range_check_deinit(struct range_check *check)
{
	description_destroy(check->part);
	description_destroy(check->other);
	description_destroy(check->held);
	close(check->hold_fd);
	close(check->fd);
}

/* @flawed is in the static buffer that the result goes to. */
static const char *in_form(enum phyr_test_form form, const char *flawed)
{
	char copy[400];

	if (!flawed)
		return NULL;
	snprintf(copy, sizeof(copy), "%s", flawed);
	return flaw("%s: %s", form_names[form], copy);
}

/* A form that meets the memory as it is, before another has faulted it in. */
static const char *first_touch_flaw(struct range_check *check,
				    struct description_request request,
				    struct dice *dice)
{
	bool get = request.flags & PHYR_TEST_GET;

	request.form = get ? PHYR_TEST_PAGES : dice_roll(dice, 3);
	describe(check->fd, &request, check->other);
	return in_form(request.form, description_flaw(check->other));
}

static void hold(struct range_check *check, struct description_request *request,
		 struct dice *dice)
{
	bool get = request->flags & PHYR_TEST_GET;

	request->form = get ? PHYR_TEST_PAGES : dice_roll(dice, 3);
	describe_and_hold(check->hold_fd, request, check->held);
	/* A list is pinned whole or not at all; the others show how far. */
	if (check->held->error && request->form == PHYR_TEST_LIST) {
		request->form = PHYR_TEST_PAGES;
		describe_and_hold(check->hold_fd, request, check->held);
	}
	if (check->held->error)
		check->refused++;
	else if (check->held->done < check->held->len)
		check->partial++;
	else
		check->complete++;
}

/* A list that stops before its end fails with the error of the rest. */
static const char *stopped_list_flaw(struct range_check *check,
				     struct description_request request)
{
	request.addr += check->held->done;
	request.len -= check->held->done;
	request.form = PHYR_TEST_PAGES;
	describe(check->fd, &request, check->part);
	if (!check->other->error)
		return flaw(
			"list: takes %zu bytes where the others stop at %zu",
			check->other->done, check->held->done);
	if (!check->part->error)
		return flaw("pages: stops after %zu bytes, but takes the next",
			    check->held->done);
	if (check->other->error != check->part->error)
		return flaw(
			"list: fails with %s, pages from where it stopped with %s",
			strerrorname_np(check->other->error),
			strerrorname_np(check->part->error));
	return NULL;
}

static const char *other_form_flaw(struct range_check *check,
				   struct description_request request)
{
	const struct description *held = check->held;
	const char *flawed;

	describe(check->fd, &request, check->other);
	flawed = description_flaw(check->other);
	if (flawed)
		return in_form(request.form, flawed);
	if (request.form == PHYR_TEST_LIST && !held->error &&
	    held->done < held->len)
		return stopped_list_flaw(check, request);
	return in_form(request.form,
		       description_difference(held, check->other));
}

/* @check->other is the whole as phyrs: more than one. */
static const char *small_array_flaw(struct range_check *check,
				    struct description_request request,
				    struct dice *dice)
{
	const struct description *whole = check->other;
	const struct description *part = check->part;
	const char *flawed;

	request.max_entries = 1 + dice_roll(dice, whole->nr - 1);
	request.form = PHYR_TEST_PHYRS;
	describe(check->fd, &request, check->part);
	flawed = description_flaw(part) ?: description_prefix_flaw(part, whole);
	if (flawed)
		return in_form(request.form, flawed);
	if (part->nr != request.max_entries)
		return flaw("phyrs: fills %u of %u entries, then stops",
			    part->nr, request.max_entries);
	if (part->done == whole->done)
		return flaw("phyrs: %u entries were enough for %u",
			    request.max_entries, whole->nr);

	/* From where it stopped to the end: one piece without a seam. */
	request.addr += part->done;
	request.len -= part->done;
	request.max_entries = 0;
	describe(check->fd, &request, check->part);
	flawed = description_flaw(part);
	if (!flawed && part->done != whole->done - (request.addr - whole->addr))
		flawed = flaw("a second call stops at another place");
	if (flawed)
		return in_form(request.form, flawed);

	for (request.form = PHYR_TEST_PAGES; request.form <= PHYR_TEST_LIST;
	     request.form += PHYR_TEST_LIST - PHYR_TEST_PAGES) {
		if (request.form == PHYR_TEST_LIST && whole->done < whole->len)
			break;
		request.addr = whole->addr;
		request.len = whole->len;
		request.max_entries = 1;
		describe(check->fd, &request, check->part);
		if (part->error != ENOSPC)
			return flaw("%s: one entry gives %s, not ENOSPC",
				    form_names[request.form],
				    strerrorname_np(part->error));
	}
	return NULL;
}

/* Whatever the form, a pin counts once for every page: never the zero page. */
static const char *pin_count_flaw(struct range_check *check,
				  struct description_request request,
				  struct dice *dice)
{
	size_t pages =
		(request.addr % PAGE + check->held->done + PAGE - 1) / PAGE;
	long one = pins_held() - check->pins;
	long both, added;
	int fd;

	if (request.flags & PHYR_TEST_GET)
		return one ? flaw("get: took %ld pins", one) : NULL;
	if (one < 0 || (size_t)one > pages ||
	    (request.flags & PHYR_TEST_WRITE && (size_t)one != pages))
		return flaw("%s: %ld pins for %zu pages",
			    form_names[request.form], one, pages);
	if (!dice_one_in(dice, 4))
		return NULL;

	fd = test_device_open();
	request.form = request.form == PHYR_TEST_PAGES ? PHYR_TEST_PHYRS
						       : PHYR_TEST_PAGES;
	describe_and_hold(fd, &request, check->part);
	both = pins_held() - check->pins;
	close(fd);
	added = pins_held() - check->pins;
	if (both != 2 * one || added != one)
		return flaw("%ld pins, %ld with those of %s, %ld without", one,
			    both, form_names[request.form], added);
	return NULL;
}

static const char *held_flaw(struct range_check *check,
			     struct description_request request,
			     struct dice *dice)
{
	enum phyr_test_form held_form = request.form;
	const char *flawed;

	flawed = description_flaw(check->held)
			 ?: check->held->error
			    ? NULL
			    : description_pagemap_flaw(check->held);
	if (flawed)
		return in_form(held_form, flawed);

	if (request.flags & PHYR_TEST_GET)
		return other_form_flaw(check, request)
			       ?: pin_count_flaw(check, request, dice);

	/* phyrs last, even if they are held: small arrays start from them. */
	for (int form = PHYR_TEST_LIST; form >= 0; form--) {
		request.form = form == PHYR_TEST_LIST	 ? PHYR_TEST_LIST
			       : form == PHYR_TEST_PHYRS ? PHYR_TEST_PAGES
							 : PHYR_TEST_PHYRS;
		flawed = other_form_flaw(check, request);
		if (flawed)
			return flawed;
	}
	if (check->held->error)
		return NULL;
	if (check->other->nr > 1)
		flawed = small_array_flaw(check, request, dice);
	request.form = held_form;
	return flawed ?: pin_count_flaw(check, request, dice);
}

const char *range_flaw(struct range_check *check, uintptr_t addr, size_t len,
		       unsigned int flags, struct dice *dice)
{
	struct description_request request = {
		.addr = addr,
		.len = len,
		.flags = flags,
	};
	const char *flawed = NULL;
	long pins;

	if (dice_one_in(dice, 2))
		flawed = first_touch_flaw(check, request, dice);
	if (flawed)
		return flawed;
	hold(check, &request, dice);
	flawed = held_flaw(check, request, dice);
	if (!check->held->error)
		release_held(check->hold_fd);
	if (flawed)
		return flawed;
	pins = pins_settle(check->pins);
	if (pins != check->pins)
		return flaw("%ld pins were left behind", pins - check->pins);
	return NULL;
}
