/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CALLS_H
#define CALLS_H

#include <stdint.h>
#include <stdio.h>

#include "counters.h"
#include "x86.h"

#define CALLS_DEPTH 256

/**
 * struct functions - where each begins
 * @begin: ascending
 * @n: of @begin; as the number of a function: the program, which is not told
 *	apart
 */
struct functions {
	uint64_t *begin;
	uint32_t n;
};

/* Code that is executed as a whole, unless it is interrupted. */
struct block {
	uint64_t vaddr;
	uint64_t after;
	uint32_t function;
	enum x86_end end;
};

struct calls_node;

/**
 * struct calls - the tree of calls of a section, and where in it the CPU is
 * @nodes: a function, called by the one that @parent is; the first is above all
 * @settled: of each node: its counters when the clock was read last
 * @stack: the nodes that will be returned to
 * @counted: up to here all is in a node
 * @before: the block that was executed last
 */
struct calls {
	struct calls_node *nodes;
	uint32_t n;
	uint32_t room;
	uint32_t current;
	uint32_t depth;
	struct {
		uint32_t node;
		uint64_t address;
	} stack[CALLS_DEPTH];
	struct counters counted;
	const struct block *before;
};

/**
 * functions_read() - the first word of each line: an address, hexadecimal
 *
 * Return: 0 or -errno; -EINVAL if they do not ascend.
 */
int functions_read(struct functions *functions, const char *path);
uint32_t functions_find(const struct functions *functions, uint64_t vaddr);

/** calls_begin() - a section begins in @block */
void calls_begin(struct calls *calls, const struct block *block,
		 const struct counters *now);
/** calls_enter() - @block is about to be executed */
void calls_enter(struct calls *calls, const struct block *block,
		 const struct counters *now, const struct functions *functions);
/** calls_settle() - the section ends here, unless it goes on */
void calls_settle(struct calls *calls, const struct counters *now);
/** calls_write() - a line for each node, as it was when last settled */
void calls_write(const struct calls *calls, FILE *file);

#endif
