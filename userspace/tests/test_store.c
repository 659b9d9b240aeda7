// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include "limits.h"
#include "store.h"
#include "test.h"

#define HISTORY 5

static char folder[] = "test_store.XXXXXX";
static char path[64];
static int ended_fd;

static time_t set_back; /* s, the clock that people set */

int clock_gettime(clockid_t id, struct timespec *ts)
{
	int ret = (int)syscall(SYS_clock_gettime, id, ts);

	if (id == CLOCK_REALTIME)
		ts->tv_sec -= set_back;
	return ret;
}

static struct run_request request_for(const char *workload)
{
	struct run_request request = { .n = 1, .name = "test" };

	request.workloads[0].samples = 3;
	assert_int_equal(phyr_workload_parse(workload,
					     &request.workloads[0].workload,
					     NULL),
			 0);
	return request;
}

static struct store *open_store(void)
{
	struct store *store;
	struct phyr_error error;

	if (store_create(path, HISTORY, ended_fd, &store, &error))
		fail_msg("%s", error.message);
	return store;
}

static void remove_files(void)
{
	char journal[sizeof(path) + 8];

	snprintf(journal, sizeof(journal), "%s-journal", path);
	unlink(journal);
	unlink(path);
}

static int setup(void **state)
{
	remove_files();
	*state = open_store();
	return 0;
}

static int teardown(void **state)
{
	store_destroy(*state);
	return 0;
}

/* Ends as a killed process would, and starts again. */
static struct store *reopen(void **state)
{
	store_destroy(*state);
	*state = open_store();
	return *state;
}

static uint64_t add_workload(struct store *store, const char *workload)
{
	struct run_request request = request_for(workload);
	struct phyr_error error;
	uint64_t id;

	if (store_add(store, &request, &id, &error))
		fail_msg("%s", error.message);
	return id;
}

static uint64_t add(struct store *store)
{
	return add_workload(store, "fail/once/base/4KiB");
}

static struct run_head head_of(struct store *store, uint64_t id)
{
	struct phyr_error error;
	struct run_head head;

	if (store_find(store, id, &head, &error))
		fail_msg("%s", error.message);
	return head;
}

static bool exists(struct store *store, uint64_t id)
{
	struct run_head head;
	struct phyr_error error;

	return !store_find(store, id, &head, &error);
}

/* Does what the measuring thread does. */
static void execute_next(struct store *store)
{
	phyr_run_execute(store_take(store));
	store_end(store);
}

static void runs_are_taken_in_order(void **state)
{
	struct store *store = *state;

	for (uint64_t id = 1; id <= 3; id++) {
		assert_int_equal(add(store), id);
		assert_int_equal(head_of(store, id).state, RUN_QUEUED);
	}
	for (uint64_t id = 1; id <= 3; id++) {
		struct phyr_run *run = store_take(store);

		assert_int_equal(head_of(store, id).state, RUN_RUNNING);
		phyr_run_execute(run);
		store_end(store);
		assert_int_equal(head_of(store, id).state, RUN_FAILED);
	}
	assert_int_equal(store_last_id(store), 3);
}

static void the_queue_is_bounded(void **state)
{
	struct run_request request = request_for("fail/once/base/4KiB");
	struct store *store = *state;
	struct phyr_error error;
	uint64_t id = 0;

	for (int i = 0; i < LIMIT_QUEUE; i++)
		add(store);
	assert_int_equal(store_add(store, &request, &id, &error), -EAGAIN);
	assert_int_equal(id, 0);
	assert_int_equal(store_last_id(store), LIMIT_QUEUE);
	execute_next(store);
	assert_int_equal(add(store), LIMIT_QUEUE + 1);
}

static void the_history_is_bounded(void **state)
{
	struct run_head heads[2 * HISTORY + LIMIT_QUEUE];
	struct store *store = *state;
	struct phyr_error error;
	size_t n;

	for (uint64_t id = 1; id <= 3 * HISTORY; id++) {
		add(store);
		execute_next(store);
		assert_true(exists(store, id));
		assert_int_equal(exists(store, id - HISTORY), false);
		assert_int_equal(exists(store, id - HISTORY + 1),
				 id >= HISTORY);
	}
	for (int i = 0; i < LIMIT_QUEUE; i++)
		add(store);
	assert_int_equal(store_list(store, INT64_MAX, heads, ARRAY_SIZE(heads),
				    &n, &error),
			 0);
	assert_int_equal(n, HISTORY + LIMIT_QUEUE);
	assert_int_equal(heads[0].id, 3 * HISTORY + LIMIT_QUEUE);
	assert_int_equal(heads[n - 1].id, 2 * HISTORY + 1);
}

static void results_outlive_the_store(void **state)
{
	struct store *store = *state;
	struct text document = { 0 };
	struct phyr_error error;
	uint64_t samples[3];
	size_t n;

	add_workload(store, "count/up/base/4KiB");
	execute_next(store);
	store = reopen(state);
	assert_int_equal(head_of(store, 1).state, RUN_DONE);
	assert_string_equal(head_of(store, 1).name, "test");
	assert_int_equal(store_result(store, 1, 0, &document, &n, &error), 0);
	assert_int_equal(n, 3);
	text_add(&document, "%c", '\0');
	assert_non_null(strstr(document.data, "\"count/up/base/4KiB\""));
	text_clear(&document);
	assert_int_equal(store_samples(store, 1, 0, 1, samples, 2, &error), 0);
	assert_int_equal(samples[0], 2);
	assert_int_equal(samples[1], 3);
	assert_int_equal(store_samples(store, 1, 0, 1, samples, 3, &error),
			 -ENOENT);
	assert_int_equal(store_result(store, 1, 1, &document, &n, &error),
			 -ENOENT);
}

static void what_had_not_ended_is_aborted(void **state)
{
	struct store *store = *state;

	add(store);
	add(store);
	add(store);
	execute_next(store);
	store_take(store);
	store = reopen(state);
	assert_int_equal(head_of(store, 1).state, RUN_FAILED);
	for (uint64_t id = 2; id <= 3; id++) {
		assert_int_equal(head_of(store, id).state, RUN_ABORTED);
		assert_string_equal(head_of(store, id).reason,
				    "phyrd ended before the run did");
		assert_int_equal(head_of(store, id).finished, 0);
	}
	assert_int_equal(add(store), 4);
}

static void knows_no_other_ids(void **state)
{
	struct store *store = *state;

	assert_false(exists(store, 1));
	add(store);
	assert_false(exists(store, 0));
	assert_false(exists(store, 2));
	assert_false(exists(store, UINT64_MAX));
}

static void waiting_runs_can_be_cancelled(void **state)
{
	struct store *store = *state;
	struct phyr_error error;

	add(store);
	add(store);
	assert_int_equal(store_cancel(store, 1, &error), 0);
	assert_int_equal(head_of(store, 1).state, RUN_CANCELLED);
	assert_true(head_of(store, 1).ended_ns > 0);
	execute_next(store);
	assert_int_equal(head_of(store, 2).state, RUN_FAILED);
	assert_int_equal(store_cancel(store, 1, &error), -EALREADY);
	assert_int_equal(store_cancel(store, 2, &error), -EALREADY);
	assert_int_equal(store_cancel(store, 3, &error), -ENOENT);
	store = reopen(state);
	assert_int_equal(head_of(store, 1).state, RUN_CANCELLED);
}

static void a_running_run_is_told_to_stop(void **state)
{
	struct store *store = *state;
	struct phyr_error error;
	struct phyr_run *run;

	add(store);
	run = store_take(store);
	assert_int_equal(store_cancel(store, 1, &error), 0);
	assert_int_equal(head_of(store, 1).state, RUN_RUNNING);
	phyr_run_execute(run);
	store_end(store);
	assert_int_equal(head_of(store, 1).state, RUN_CANCELLED);
	assert_int_equal(head_of(store, 1).finished, 1);
}

static void only_ended_runs_can_be_deleted(void **state)
{
	struct store *store = *state;
	struct phyr_error error;

	add(store);
	add(store);
	assert_int_equal(store_delete(store, 2, &error), -EBUSY);
	execute_next(store);
	assert_int_equal(store_delete(store, 1, &error), 0);
	assert_false(exists(store, 1));
	assert_int_equal(store_delete(store, 1, &error), -ENOENT);
	execute_next(store);
	assert_int_equal(store_delete(store, 2, &error), 0);
	/* Its id is not used again, not even by the next daemon. */
	store = reopen(state);
	assert_int_equal(store_last_id(store), 2);
	assert_int_equal(add(store), 3);
}

static void stop_aborts_the_running_run(void **state)
{
	struct store *store = *state;
	struct phyr_run *run;

	add(store);
	add(store);
	run = store_take(store);
	store_stop(store);
	assert_true(run->stop);
	phyr_run_execute(run);
	store_end(store);
	assert_null(store_take(store));
	assert_int_equal(head_of(store, 1).state, RUN_ABORTED);
	assert_string_equal(head_of(store, 1).reason, "phyrd was told to end");
	assert_int_equal(head_of(store, 2).state, RUN_QUEUED);
}

static void no_run_ends_before_it_began(void **state)
{
	struct store *store = *state;
	struct phyr_error error;
	struct run_head head;

	add(store);
	add(store);
	set_back = 3600;
	execute_next(store);
	head = head_of(store, 1);
	assert_true(head.created_ns <= head.started_ns);
	assert_true(head.started_ns <= head.ended_ns);
	assert_true(head.ended_ns - head.created_ns < 60000000000);
	assert_int_equal(store_cancel(store, 2, &error), 0);
	head = head_of(store, 2);
	assert_true(head.created_ns <= head.ended_ns);
	set_back = 0;
}

static void every_end_is_told(void **state)
{
	struct store *store = *state;
	struct phyr_error error;
	eventfd_t ended;

	eventfd_write(ended_fd, 1);
	eventfd_read(ended_fd, &ended);
	add(store);
	add(store);
	execute_next(store);
	assert_int_equal(eventfd_read(ended_fd, &ended), 0);
	assert_int_equal(store_cancel(store, 2, &error), 0);
	assert_int_equal(eventfd_read(ended_fd, &ended), 0);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int clean_up(void **state)
{
	(void)state;
	remove_files();
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(runs_are_taken_in_order),
		STORE_TEST(the_queue_is_bounded),
		STORE_TEST(the_history_is_bounded),
		STORE_TEST(results_outlive_the_store),
		STORE_TEST(what_had_not_ended_is_aborted),
		STORE_TEST(knows_no_other_ids),
		STORE_TEST(waiting_runs_can_be_cancelled),
		STORE_TEST(a_running_run_is_told_to_stop),
		STORE_TEST(only_ended_runs_can_be_deleted),
		STORE_TEST(stop_aborts_the_running_run),
		STORE_TEST(no_run_ends_before_it_began),
		STORE_TEST(every_end_is_told),
	};

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/runs.db", folder);
	ended_fd = eventfd(0, EFD_CLOEXEC);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("store", tests, NULL, clean_up);
}
