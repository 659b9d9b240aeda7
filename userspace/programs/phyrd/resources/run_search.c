// SPDX-License-Identifier: GPL-2.0-only
/* Finds runs by what is said about them. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <microhttpd.h>

#include "run_search.h"

#define AT_A_TIME 100
#define TURN_NS 200000 /* that others have for theirs */

int run_search_parse(const char *text, struct run_search *search,
		     struct problem *problem)
{
	search->n = 0;
	if (!text)
		return 0;
	for (;;) {
		size_t len;

		text += strspn(text, " \t\r\n");
		if (!*text)
			return 0;
		len = strcspn(text, " \t\r\n");
		if (search->n == LIMIT_SEARCH_WORDS)
			return problem_set_limit(problem,
						 MHD_HTTP_UNPROCESSABLE_CONTENT,
						 "search", "more words",
						 LIMIT_SEARCH_WORDS);
		if (len > LIMIT_NAME_BYTES)
			return problem_set_limit(problem,
						 MHD_HTTP_UNPROCESSABLE_CONTENT,
						 "search", "a longer word",
						 LIMIT_NAME_BYTES);
		memcpy(search->words[search->n], text, len);
		search->words[search->n++][len] = '\0';
		text += len;
	}
}

static bool has(const struct run_head *head, const char *word)
{
	const char *const texts[] = {
		head->name,
		head->tags,
		head->notes,
		head->kernel,
		head->clock,
		run_state_name(head->state),
		head->imported ? "imported" : "measured",
	};
	char id[24];

	snprintf(id, sizeof(id), "%llu", (unsigned long long)head->id);
	if (!strcmp(id, word))
		return true;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (strcasestr(texts[i], word))
			return true;
	}
	return false;
}

static bool matches(const struct run_search *search,
		    const struct run_head *head)
{
	for (size_t i = 0; i < search->n; i++) {
		if (!has(head, search->words[i]))
			return false;
	}
	return true;
}

int run_search(const struct run_search *search, struct store *store,
	       uint64_t before, struct run_head *heads, size_t room, size_t *n,
	       struct phyr_error *error)
{
	const struct timespec turn = { .tv_nsec = TURN_NS };
	struct run_head *some;
	size_t there;
	int ret;

	if (!search->n)
		return store_list(store, before, heads, room, n, error);
	*n = 0;
	some = calloc(AT_A_TIME, sizeof(*some));
	if (!some)
		return phyr_error_set(error, -ENOMEM, "out of memory");
	do {
		ret = store_list(store, before, some, AT_A_TIME, &there, error);
		for (size_t i = 0; i < there && !ret && *n < room; i++) {
			before = some[i].id;
			if (matches(search, &some[i]))
				heads[(*n)++] = some[i];
		}
		/* A mutex goes to whoever is running, again and again. */
		nanosleep(&turn, NULL);
	} while (!ret && there == AT_A_TIME && *n < room);
	free(some);
	return ret;
}
