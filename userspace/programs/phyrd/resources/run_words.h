/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RUN_WORDS_H
#define RUN_WORDS_H

#include <jansson.h>

#include "limits.h"
#include "problem.h"

/*
 * What a client says about a run. Each is left as it is where the member is
 * missing, and sets @problem and returns -1 where it is not one.
 */
int run_words_name(const json_t *object, char name[LIMIT_NAME_BYTES + 1],
		   struct problem *problem);
int run_words_notes(const json_t *object, char notes[LIMIT_NOTES_BYTES + 1],
		    struct problem *problem);

/**
 * run_words_tags() - also removes what is there twice
 * @tags: with a comma between two
 */
int run_words_tags(const json_t *object, char tags[LIMIT_TAGS_ROOM],
		   struct problem *problem);

/**
 * run_words_refuse_others() - refuse members of other names
 * @prefix: stands before a name in @problem
 * @known: NULL-terminated
 */
int run_words_refuse_others(json_t *object, const char *prefix,
			    const char *const *known, struct problem *problem);

#endif
