// SPDX-License-Identifier: GPL-2.0-only
/* Who has called whom in a section, and what each has taken. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"

#define NONE UINT32_MAX

struct calls_node {
	uint32_t parent;
	uint32_t function;
	uint32_t child;
	uint32_t sibling;
	struct counters taken;
	struct counters settled;
};

int functions_read(struct functions *functions, const char *path)
{
	FILE *file = fopen(path, "re");
	uint64_t address, before = 0;
	size_t room = 0;
	int ret = 0;

	if (!file)
		return -errno;
	while (fscanf(file, "%" SCNx64 "%*[^\n]", &address) == 1) {
		if (functions->n == room) {
			room = room ? 2 * room : 1 << 16;
			functions->begin = reallocarray(functions->begin, room,
							sizeof(address));
			if (!functions->begin)
				abort();
		}
		if (address < before)
			ret = -EINVAL;
		before = address;
		functions->begin[functions->n++] = address;
	}
	fclose(file);
	return functions->n ? ret : -EINVAL;
}

uint32_t functions_find(const struct functions *functions, uint64_t vaddr)
{
	uint32_t low = 0, high = functions->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (functions->begin[middle] <= vaddr)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? low - 1 : functions->n;
}

static uint32_t add(struct calls *calls, uint32_t parent, uint32_t function)
{
	if (calls->n == calls->room) {
		calls->room = calls->room ? 2 * calls->room : 256;
		calls->nodes = reallocarray(calls->nodes, calls->room,
					    sizeof(*calls->nodes));
		if (!calls->nodes)
			abort();
	}
	calls->nodes[calls->n] = (struct calls_node){
		.parent = parent,
		.function = function,
		.child = NONE,
		.sibling = NONE,
	};
	return calls->n++;
}

static uint32_t child_of(struct calls *calls, uint32_t parent,
			 uint32_t function)
{
	uint32_t i = calls->nodes[parent].child;

	while (i != NONE && calls->nodes[i].function != function)
		i = calls->nodes[i].sibling;
	if (i != NONE)
		return i;
	i = add(calls, parent, function);
	calls->nodes[i].sibling = calls->nodes[parent].child;
	calls->nodes[parent].child = i;
	return i;
}

static void count(struct calls *calls, const struct counters *now)
{
	counters_add(&calls->nodes[calls->current].taken, &calls->counted, now);
	calls->counted = *now;
}

void calls_begin(struct calls *calls, const struct block *block,
		 const struct counters *now)
{
	calls->n = 0;
	calls->depth = 0;
	add(calls, NONE, NONE);
	calls->current = child_of(calls, 0, block->function);
	calls->counted = *now;
	calls->before = block;
}

static void call(struct calls *calls, const struct block *block)
{
	if (calls->depth == CALLS_DEPTH)
		return;
	calls->stack[calls->depth].node = calls->current;
	calls->stack[calls->depth].address = calls->before->after;
	calls->depth++;
	calls->current = child_of(calls, calls->current, block->function);
}

/*
 * To whoever has called and wanted to go on here. If that is nobody, it was
 * another thread's return, or one that a trampoline has made up.
 */
static void go_back(struct calls *calls, const struct block *block)
{
	for (uint32_t i = calls->depth; i--;)
		if (calls->stack[i].address == block->vaddr) {
			calls->depth = i;
			calls->current = calls->stack[i].node;
			return;
		}
}

void calls_enter(struct calls *calls, const struct block *block,
		 const struct counters *now, const struct functions *functions)
{
	count(calls, now);
	if (calls->before->end == X86_CALL && block->function != functions->n)
		call(calls, block);
	else if (calls->before->end == X86_RETURN)
		go_back(calls, block);
	/* A jump into another function, an interrupt, a system call. */
	if (calls->nodes[calls->current].function != block->function)
		calls->current = child_of(calls,
					  calls->nodes[calls->current].parent,
					  block->function);
	calls->before = block;
}

void calls_settle(struct calls *calls, const struct counters *now)
{
	count(calls, now);
	for (uint32_t i = 0; i < calls->n; i++)
		calls->nodes[i].settled = calls->nodes[i].taken;
}

void calls_write(const struct calls *calls, FILE *file)
{
	for (uint32_t i = 1; i < calls->n; i++) {
		const struct calls_node *node = &calls->nodes[i];

		fprintf(file, "node %" PRIu32 " %" PRIu32 " %" PRIu32, i,
			node->parent, node->function);
		for (int c = 0; c < COUNTERS; c++)
			fprintf(file, " %" PRIu64, node->settled.n[c]);
		fputc('\n', file);
	}
}
