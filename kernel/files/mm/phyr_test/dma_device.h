/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MM_PHYR_TEST_DMA_DEVICE_H
#define _MM_PHYR_TEST_DMA_DEVICE_H

#include <linux/pci.h>

#include "phyr_test_dma.h"

/* The flags that are for pinning */
#define DMA_RANGE_FLAGS	(PHYR_TEST_WRITE | PHYR_TEST_LONGTERM)

int dma_request_check(const struct phyr_test_dma *dma);
struct pci_dev *dma_device_find(const struct phyr_test_dma *dma);
int dma_device_set_limits(struct device *dev, const struct phyr_test_dma *dma);
void dma_device_reset_limits(struct device *dev);

#endif /* _MM_PHYR_TEST_DMA_DEVICE_H */
