/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPARISON_READER_H
#define COMPARISON_READER_H

#include "body.h"
#include "rows.h"

enum {
	BASE,
	HEAD,
	SIDES
};

/**
 * struct comparison - a comparison while it is read
 * @body: that is read
 * @rows: of each side its figures
 * @about: what is known of each side: an object of texts
 * @without: of each side the names of rows that work and have no figure
 * @whole: members that are about both sides: texts
 * @kept: bytes of members that are remembered, names and texts
 * @seen: members, rows and results that have been there
 * @id: what tells it from others, by the first row on; NULL: nothing does
 * @list: that is read; NULL: none
 * @number: of its element
 */
struct comparison {
	struct body body;
	struct rows *rows[SIDES];
	json_t *about[SIDES];
	json_t *without[SIDES];
	json_t *whole;
	size_t kept;
	json_t *seen;
	json_t *id;
	const char *list;
	size_t number;
};

/**
 * comparison_refuse() - refuse a member of the element that is read; "": itself
 *
 * Return: -1; so do the others that refuse.
 */
int comparison_refuse(struct comparison *comparison, const char *member,
		      const char *what);
int comparison_refuse_limit(struct comparison *comparison, const char *member,
			    const char *what, long long limit);

/**
 * comparison_is_first() - is it the first of that kind and name?
 */
bool comparison_is_first(struct comparison *comparison, const char *kind,
			 const char *name);

/**
 * comparison_check_member() - refuse what is there already, or too much
 * @value: what it is; NULL: only its name has been read
 *
 * Members are remembered and texts kept: without a limit there is no end of them.
 *
 * Return: 0 or -1.
 */
int comparison_check_member(struct comparison *comparison, const char *name,
			    const json_t *value);

/**
 * comparison_blame_element() - name the element in place of a row of it
 * @problem: set; rows that are gathered are not those of the file
 */
void comparison_blame_element(const struct comparison *comparison,
			      struct problem *problem);

#endif
