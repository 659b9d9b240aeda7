/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DMA_MAPPING_H
#define DMA_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <phyr_test_dma.h>

#include "dice.h"
#include "edu.h"

#define MAX_ENTRIES (1u << 20)
#define PIECE 64 /* bytes that the device copies at a time, at most */

extern struct edu edu;
extern int device; /* /dev/phyr_test: one mapping at a time */
extern struct phyr_test_dma_entry *entries; /* of the last mapping */

struct mapping {
	struct phyr_test_dma dma;
	unsigned int nr; /* of entries */
};

/* Skips the program if there is no edu device or no /dev/phyr_test. */
void dma_setup(void);

struct phyr_test_dma dma_request(enum phyr_test_dma_form form, uintptr_t addr,
				 size_t len);
/* 0 or errno. */
int dma_map(struct mapping *mapping);
void dma_unmap(void);

bool behind_iommu(void);
bool always_bounces(void);
/* Slots of the bounce buffers in use. */
long bounce_slots(void);

/*
 * Entries cover the bytes and keep the device's limits, and all but the last end
 * with a page. A scatterlist without an IOMMU is not asked for the boundary:
 * there it is its maker's duty. Bounce buffers lie elsewhere between boundaries.
 */
void dma_check_entries(const struct mapping *mapping);

/* Map, check, let the device copy, undo; memory must hold what it then should. */
void dma_map_and_copy(const struct phyr_test_dma *dma, struct dice *dice);

#endif
