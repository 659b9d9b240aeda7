// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is mapped for DMA by translating its address
 */
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-translation.h>
#include <linux/export.h>
#include <linux/iommu-dma.h>

#include "phyr_limits.h"

/**
 * dma_get_translation() - which memory is mapped by translating its address
 * @dev: the device
 * @translation: set to what there is at this moment
 *
 * Without an IOMMU, most memory of a coherent device is mapped by adding to its
 * physical address, which takes less than the call of dma_map_phys(). Drivers
 * that map many ranges at once can ask for it before, and call dma_map_phys()
 * for what dma_translate() refuses. For memory only: no MMIO, and none with
 * DMA_ATTR_CC_SHARED.
 *
 * Context: Any.
 */
void dma_get_translation(struct device *dev,
			 struct dma_translation *translation)
{
	u64 end = 0, offset = 0;

	if (!IS_ENABLED(CONFIG_ARCH_HAS_PHYS_TO_DMA) && dev->dma_mask &&
	    !dev->dma_range_map && !use_dma_iommu(dev)) {
		end = dma_direct_end(dev, 0);
		offset = phys_to_dma_encrypted(dev, 0);
	}
	translation->end = end > offset ? end - offset : 0;
	translation->offset = offset;
}
EXPORT_SYMBOL_GPL(dma_get_translation);
