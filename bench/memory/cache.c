// SPDX-License-Identifier: GPL-2.0-only
/* A cache of which the least recently used line of a set goes. */
#include <errno.h>
#include <stdlib.h>

#include "cache.h"

int cache_create(struct cache *cache, const char *text, uint64_t line_size)
{
	unsigned long long size, ways;
	char *end;

	size = strtoull(text, &end, 10);
	if (end == text || *end != ':')
		return -EINVAL;
	text = end + 1;
	ways = strtoull(text, &end, 10);
	if (end == text || *end || !ways || ways > 1024 || !size ||
	    size % (ways * line_size))
		return -EINVAL;
	cache->ways = (unsigned int)ways;
	cache->sets = size / (ways * line_size);
	if (cache->sets & (cache->sets - 1))
		return -EINVAL;
	cache->lines = calloc(cache->sets * ways, sizeof(*cache->lines));
	return cache->lines ? 0 : -ENOMEM;
}

bool cache_use(struct cache *cache, uint64_t line)
{
	uint64_t *set = &cache->lines[(line & (cache->sets - 1)) * cache->ways];
	uint64_t wanted = line + 1, moved = set[0];
	unsigned int way;

	if (moved == wanted)
		return true;
	/* All that were used later move on by a place. */
	set[0] = wanted;
	for (way = 1; way < cache->ways; way++) {
		uint64_t next = set[way];

		set[way] = moved;
		if (next == wanted)
			return true;
		moved = next;
	}
	return false;
}
