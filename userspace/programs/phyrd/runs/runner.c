// SPDX-License-Identifier: GPL-2.0-only
/* The thread that measures. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <phyr/cpu.h>

#include "runner.h"

struct runner {
	pthread_t thread;
	struct store *store;
};

static void *work(void *argument)
{
	struct runner *runner = argument;
	struct phyr_run *run;
	unsigned int cpu;

	/* If it must not be bound the results still say which CPU it was on. */
	phyr_cpu_pin(&cpu, NULL);
	while ((run = store_take(runner->store))) {
		phyr_run_execute(run);
		store_end(runner->store);
	}
	return NULL;
}

/* That it was called is enough: the kernel's call has ended. */
static void wake(int signal)
{
	(void)signal;
}

int runner_create(struct store *store, struct runner **runner,
		  struct phyr_error *error)
{
	struct sigaction action = { .sa_handler = wake };
	struct runner *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return phyr_error_set(error, -ENOMEM, "out of memory");
	new->store = store;
	sigaction(STORE_SIGNAL, &action, NULL);
	ret = pthread_create(&new->thread, NULL, work, new);
	if (ret) {
		free(new);
		return phyr_error_set(error, -ret, "pthread_create: %s",
				      strerror(ret));
	}
	*runner = new;
	return 0;
}

void runner_destroy(struct runner *runner)
{
	if (!runner)
		return;
	pthread_join(runner->thread, NULL);
	free(runner);
}
