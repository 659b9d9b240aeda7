/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that is mapped for DMA by translating its address
 */
#ifndef _LINUX_DMA_TRANSLATION_H
#define _LINUX_DMA_TRANSLATION_H

#include <linux/types.h>

struct device;

/**
 * struct dma_translation - memory that is mapped by translating its address
 * @end: behind the last physical address; 0 if there is no such memory
 * @offset: what to add to a physical address
 *
 * Of one device at one time: good for mappings that follow at once.
 */
struct dma_translation {
	u64	end;
	u64	offset;
};

#ifdef CONFIG_HAS_DMA
void dma_get_translation(struct device *dev,
			 struct dma_translation *translation);
#else
static inline void dma_get_translation(struct device *dev,
				       struct dma_translation *translation)
{
	translation->end = 0;
	translation->offset = 0;
}
#endif

/**
 * dma_translate() - map memory for DMA if that is only translating its address
 * @translation: of the device
 * @phys: physical address of the first byte
 * @len: number of bytes, not 0
 * @addr: set to the DMA address
 *
 * What is mapped like this may be unmapped as if dma_map_phys() had mapped it,
 * and needs no unmapping if dma_need_unmap() says so.
 *
 * Context: Any.
 * Return: true; false if dma_map_phys() has to map it.
 */
static inline bool dma_translate(const struct dma_translation *translation,
				 phys_addr_t phys, size_t len, dma_addr_t *addr)
{
	if (phys >= translation->end || len > translation->end - phys)
		return false;
	*addr = phys + translation->offset;
	return true;
}

#endif /* _LINUX_DMA_TRANSLATION_H */
