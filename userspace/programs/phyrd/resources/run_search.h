/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RUN_SEARCH_H
#define RUN_SEARCH_H

#include "problem.h"
#include "store.h"

/**
 * struct run_search - words that a run must have, wherever it has them
 * @words: which, without regard to the case of ASCII letters
 * @n: how many; 0: any run is found
 */
struct run_search {
	char words[LIMIT_SEARCH_WORDS][LIMIT_NAME_BYTES + 1];
	size_t n;
};

/**
 * run_search_parse() - take a text apart at its spaces
 * @text: or NULL
 *
 * Return: 0, or -1 and the problem.
 */
int run_search_parse(const char *text, struct run_search *search,
		     struct problem *problem);

/**
 * run_search() - the newest runs below @before that are found
 *
 * As store_list(), a part of all runs at a time: others have their turn
 * meanwhile.
 */
int run_search(const struct run_search *search, struct store *store,
	       uint64_t before, struct run_head *heads, size_t room, size_t *n,
	       struct phyr_error *error);

#endif
