/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EDU_H
#define EDU_H

#include <stddef.h>
#include <stdint.h>

#include <phyr_test_dma.h>

/* Bytes that one transfer can move. */
#define EDU_BUFFER 4096

/**
 * struct edu - QEMU's edu device: it reads memory into a buffer of its own and
 * writes the buffer to memory, at the DMA addresses that it is given
 * @registers: its first BAR
 * @name: its PCI address
 */
struct edu {
	volatile uint8_t *registers;
	char name[PHYR_TEST_DMA_NAME];
};

/* 0 or negative errno; the device is the one bound to the driver phyr_test. */
int edu_open(struct edu *edu);
void edu_close(struct edu *edu);

/* The device copies @len bytes, at most EDU_BUFFER, between DMA addresses. */
void edu_copy(const struct edu *edu, uint64_t to, uint64_t from, size_t len);

#endif
