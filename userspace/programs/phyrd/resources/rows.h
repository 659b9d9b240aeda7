/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ROWS_H
#define ROWS_H

#include "gbench.h"

/*
 * The rows of a document of Google Benchmark, gathered into results.
 */
struct rows;

/**
 * rows_create() - none yet
 * @problem: set when a row is refused
 *
 * Return: NULL if there is no memory.
 */
struct rows *rows_create(struct problem *problem);
void rows_destroy(struct rows *rows);

/**
 * rows_count() - how many have been added, whatever they said
 */
size_t rows_count(const struct rows *rows);

/**
 * rows_add() - take in what the next row says
 * @json: its members
 * @dropped: those that are left out, see struct row
 *
 * Return: 0 or -1.
 */
int rows_add(struct rows *rows, json_t *json, json_t *dropped);

/**
 * rows_render() - hand the results over, which takes the samples
 * @gbench: knows what the context says
 *
 * Return: 0 or -1.
 */
int rows_render(struct rows *rows, struct gbench *gbench);

#endif
