// SPDX-License-Identifier: GPL-2.0-only
/* Carries a request out beside all others. */
#include <malloc.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include "work.h"

#define LARGE_BYTES (64 * 1024)
#define NICENESS 10

static void carry_out(struct work *work)
{
	service_handle(work->service, &work->request, &work->reply);
	/* What a large body took goes back to the kernel. */
	if (work->request.body_len > LARGE_BYTES)
		malloc_trim(0);
	atomic_store(&work->done, true);
	eventfd_write(work->news, 1);
}

/* On Linux a niceness is a thread's: who is served at once goes first. */
static void *run(void *work)
{
	setpriority(PRIO_PROCESS, 0, NICENESS);
	carry_out(work);
	return NULL;
}

void work_start(struct work *work)
{
	atomic_store(&work->done, false);
	if (!pthread_create(&work->thread, NULL, run, work))
		return;
	work->thread = pthread_self();
	carry_out(work);
}

bool work_is_done(const struct work *work)
{
	return atomic_load(&work->done);
}

void work_finish(struct work *work)
{
	if (!pthread_equal(work->thread, pthread_self()))
		pthread_join(work->thread, NULL);
}
