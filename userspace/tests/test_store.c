// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "limits.h"
#include "store.h"
#include "test.h"

static struct request request_named(const char *name)
{
	struct request request = { .n = 1 };

	strcpy(request.name, name);
	request.workloads[0].samples = 2;
	assert_int_equal(phyr_workload_parse("fail/once/base/4KiB",
					     &request.workloads[0].workload,
					     NULL),
			 0);
	return request;
}

static int setup(void **state)
{
	return store_create((struct store **)state);
}

static int teardown(void **state)
{
	store_destroy(*state);
	return 0;
}

static uint64_t add(struct store *store)
{
	struct request request = request_named("test");
	const struct store_record *record;

	assert_int_equal(store_add(store, &request, &record), 0);
	return record->id;
}

static enum store_state state_of(struct store *store, uint64_t id)
{
	struct store_progress progress;

	store_progress(store, store_find(store, id), &progress);
	return progress.state;
}

/* Does what the measuring thread does. */
static uint64_t execute_next(struct store *store)
{
	const struct store_record *record = store_take(store);
	uint64_t id = record->id;

	assert_int_equal(state_of(store, id), STORE_RUNNING);
	phyr_run_execute(record->run);
	store_end(store);
	return id;
}

static void runs_are_taken_in_order(void **state)
{
	struct store *store = *state;

	for (uint64_t id = 1; id <= 3; id++) {
		assert_int_equal(add(store), id);
		assert_int_equal(state_of(store, id), STORE_QUEUED);
	}
	for (uint64_t id = 1; id <= 3; id++) {
		assert_int_equal(execute_next(store), id);
		assert_int_equal(state_of(store, id), STORE_FAILED);
	}
	assert_int_equal(store_last_id(store), 3);
}

static void the_queue_is_bounded(void **state)
{
	struct request request = request_named("one too many");
	const struct store_record *record = NULL;
	struct store *store = *state;

	for (int i = 0; i < LIMIT_QUEUE; i++)
		add(store);
	assert_int_equal(store_add(store, &request, &record), -EAGAIN);
	assert_null(record);
	assert_int_equal(store_last_id(store), LIMIT_QUEUE);
	execute_next(store);
	assert_int_equal(add(store), LIMIT_QUEUE + 1);
}

static size_t count(const struct store *store)
{
	const struct store_record *record = NULL;
	size_t n = 0;

	while ((record = store_next(store, record)))
		n++;
	return n;
}

/* Filled to the brim: a full history, a running run, a full queue. */
static void the_history_is_bounded(void **state)
{
	struct store *store = *state;
	uint64_t total = 3 * LIMIT_HISTORY;

	for (uint64_t i = 0; i < total; i++) {
		add(store);
		execute_next(store);
		assert_true(count(store) <= LIMIT_HISTORY + 1);
	}
	for (int i = 0; i < LIMIT_QUEUE; i++)
		add(store);
	assert_int_equal(store_take(store)->id, total + 1);
	add(store);
	assert_int_equal(count(store), LIMIT_HISTORY + 1 + LIMIT_QUEUE);
	assert_null(store_find(store, total - LIMIT_HISTORY));
	assert_non_null(store_find(store, total - LIMIT_HISTORY + 1));
	assert_non_null(store_find(store, total + 1 + LIMIT_QUEUE));
	assert_int_equal(state_of(store, total + 1), STORE_RUNNING);
	assert_int_equal(state_of(store, total + 2), STORE_QUEUED);
	store_end(store);
}

static void knows_no_other_ids(void **state)
{
	struct store *store = *state;

	assert_null(store_find(store, 1));
	assert_null(store_next(store, NULL));
	add(store);
	assert_null(store_find(store, 0));
	assert_null(store_find(store, 2));
	assert_null(store_find(store, UINT64_MAX));
}

static void stop_ends_the_running_run(void **state)
{
	struct store *store = *state;
	const struct store_record *running;

	add(store);
	add(store);
	running = store_take(store);
	store_stop(store);
	assert_true(running->run->stop);
	store_end(store);
	assert_null(store_take(store));
	assert_int_equal(state_of(store, 2), STORE_QUEUED);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(runs_are_taken_in_order),
		STORE_TEST(the_queue_is_bounded),
		STORE_TEST(the_history_is_bounded),
		STORE_TEST(knows_no_other_ids),
		STORE_TEST(stop_ends_the_running_run),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
