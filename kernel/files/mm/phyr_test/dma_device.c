// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/phyr_test: the PCI device that memory is mapped for, and the limits that
 * a call gives it
 */
#include <linux/dma-mapping.h>
#include <linux/iommu-dma.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#include "dma_device.h"
#include "internal.h"

int dma_request_check(const struct phyr_test_dma *dma)
{
	if (dma->form > PHYR_TEST_DMA_BATCH ||
	    (dma->flags & ~(DMA_RANGE_FLAGS | PHYR_TEST_DMA_COHERENT)))
		return -EINVAL;
	if (dma->max_segment && dma->max_segment < PAGE_SIZE)
		return -EINVAL;
	if (dma->dma_bits && (dma->dma_bits < 24 || dma->dma_bits > 64))
		return -EINVAL;
	if (dma->boundary && (dma->boundary < SZ_4K - 1 ||
			      (dma->boundary & (dma->boundary + 1)) ||
			      overflows_type(dma->boundary, unsigned long)))
		return -EINVAL;
	if (dma->form == PHYR_TEST_DMA_BATCH ?
		    overflows_type(dma->announced, size_t) :
		    dma->announced || dma->per_call || dma->piece)
		return -EINVAL;
	return 0;
}

/* The caller holds the device lock behind which the driver cannot go. */
int dma_device_set_limits(struct device *dev, const struct phyr_test_dma *dma)
{
	int err;

	dma_set_max_seg_size(dev, dma->max_segment ?: UINT_MAX);
	dma_set_seg_boundary(dev, dma->boundary ?: ULONG_MAX);
	err = dma_set_mask(dev, DMA_BIT_MASK(dma->dma_bits ?: 64));
	if (err)
		return err;
	/*
	 * Without an IOMMU, memory that the device does not reach is bounced,
	 * which bounds the length of a mapping; if it is not, mapping it warns.
	 */
	if (!use_dma_iommu(dev) && dma_addressing_limited(dev) &&
	    dma_max_mapping_size(dev) == SIZE_MAX)
		return -EIO;
	return 0;
}

/* What PCI devices have from the start. */
void dma_device_reset_limits(struct device *dev)
{
	dma_set_max_seg_size(dev, SZ_64K);
	dma_set_seg_boundary(dev, DMA_BIT_MASK(32));
}

struct pci_dev *dma_device_find(const struct phyr_test_dma *dma)
{
	unsigned int domain, bus, slot, function;
	char end;

	if (strnlen(dma->device, sizeof(dma->device)) == sizeof(dma->device) ||
	    sscanf(dma->device, "%x:%x:%x.%x%c", &domain, &bus, &slot,
		   &function, &end) != 4 ||
	    bus > 0xff || slot > 0x1f || function > 7)
		return NULL;
	return pci_get_domain_bus_and_slot(domain, bus,
					   PCI_DEVFN(slot, function));
}
